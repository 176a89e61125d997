-- An entry has one lease at most, and a claimed one is due again when its lease ends.
-- Nothing leaves a parked or paused lane; after a pause one entry alone is out, the probe.
-- ARGV: provider, now, limit, end of the lease, prefix of the leases, entries per hour (0: no limit).
-- Reply: lane, the next time (or empty), claims.

local provider, now, limit, lease_end, lease_prefix = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4], ARGV[5]
local max_per_hour = tonumber(ARGV[6])
local HOUR_MS = 3600000

local due, lane_hash = due_key(provider), lane_key(provider)
local lane = load_lane(provider)
local claims = {}

local function reply(not_before)
  local first = redis.call('ZRANGE', due, 0, 0, 'WITHSCORES')
  if lane.parked or not first[2] then return { lane_reply(lane), '', claims } end
  local next_at = math.max(tonumber(first[2]), not_before)
  return { lane_reply(lane), string.format('%.0f', next_at), claims }
end

local function take(id, lease)
  local key = entry_key(id)
  local turn = redis.call('HGET', key, 'turn')
  redis.call('ZADD', due, lease_end, turn .. ':' .. id)
  redis.call('HSET', key, 'lease', lease, 'due', lease_end, 'begun', '1')
  local fields = redis.call('HMGET', key, 'kind', 'sealed', 'note', 'approved', 'state', 'first_reported',
    'phase', 'attempts', 'verifications', 'deferrals')
  claims[#claims + 1] = { id, lease, unpack(fields) }
end

-- How many entries may still be begun; the hour runs from the first one that was begun in it.
local function begun_this_hour()
  local since = tonumber(redis.call('HGET', lane_hash, 'hour_start') or '0')
  if now >= since + HOUR_MS then redis.call('HDEL', lane_hash, 'hour_start', 'hour_count') end
  return tonumber(redis.call('HGET', lane_hash, 'hour_count') or '0')
end

local function count_begun()
  redis.call('HSETNX', lane_hash, 'hour_start', now)
  redis.call('HINCRBY', lane_hash, 'hour_count', 1)
end

if lane.parked then return reply(0) end
if lane.paused_until > now then return reply(lane.paused_until) end

local probing = lane.streak > 0
if probing then
  local probe_end = tonumber(redis.call('HGET', lane_hash, 'probe_end') or '0')
  if probe_end > now then return reply(probe_end) end
  limit = math.min(limit, 1)
end

local begun = begun_this_hour()
local waiting = redis.call('ZRANGEBYSCORE', due, '-inf', now, 'LIMIT', 0, limit)
for index, member in ipairs(waiting) do
  local id = string.sub(member, 18) -- behind a turn of 16 digits and a colon
  if not redis.call('HGET', entry_key(id), 'begun') then
    if max_per_hour > 0 and begun >= max_per_hour then
      lane.parked = true
      lane.reason = 'safety-valve'
      save_lane(lane)
      break
    end
    count_begun()
    begun = begun + 1
  end
  take(id, lease_prefix .. '-' .. index)
end

if probing and claims[1] then
  redis.call('HSET', lane_hash, 'probe', claims[1][2], 'probe_end', lease_end)
  return reply(tonumber(lease_end))
end
return reply(0)

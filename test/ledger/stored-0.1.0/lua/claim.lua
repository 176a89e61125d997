-- An entry has one lease at most, and a claimed one is due again when its lease ends.
-- Nothing leaves a parked or paused lane; after a pause one entry alone is out, the probe.
-- ARGV: provider, now, limit, end of the lease, prefix of the leases, entries per hour (0: no limit).
-- Reply: lane, the next time (or empty), claims.

local provider, now, limit, lease_end, lease_prefix = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4], ARGV[5]
local max_per_hour = tonumber(ARGV[6])

local due, lane_hash = due_key(provider), lane_key(provider)
local lane = load_lane(provider)
local claims = {}

local function reply(not_before)
  local first = redis.call('ZRANGE', due, 0, 0, 'WITHSCORES')
  if lane.parked or not first[2] then return { lane_reply(lane), '', claims } end
  local next_at = math.max(tonumber(first[2]), not_before)
  return { lane_reply(lane), string.format('%.0f', next_at), claims }
end

local function take(id, member, lease, fields)
  redis.call('ZADD', due, lease_end, member)
  redis.call('HSET', entry_key(id), 'lease', lease, 'due', lease_end, 'begun', '1')
  claims[#claims + 1] = { id, lease, redis.call('GET', sealed_key(id)), unpack(fields, 2) }
end

-- The hour runs from the first entry that was begun in it.
local function end_hour()
  if lane.begun_since == 0 or now < lane.begun_since + HOUR_MS then return end
  lane.begun, lane.begun_since = 0, 0
  redis.call('HDEL', lane_hash, 'hour_start', 'hour_count')
end

local function count_begun()
  if lane.begun == 0 then
    lane.begun_since = now
    redis.call('HSET', lane_hash, 'hour_start', ARGV[2])
  end
  lane.begun = redis.call('HINCRBY', lane_hash, 'hour_count', 1)
end

if lane.parked then return reply(0) end
if lane.paused_until > now then return reply(lane.paused_until) end

local probing = lane.streak > 0
if probing then
  local probe_end = tonumber(redis.call('HGET', lane_hash, 'probe_end') or '0')
  if probe_end > now then return reply(probe_end) end
  limit = math.min(limit, 1)
end

end_hour()
local waiting = redis.call('ZRANGEBYSCORE', due, '-inf', now, 'LIMIT', 0, limit)
for index, member in ipairs(waiting) do
  local id = string.sub(member, 18) -- behind a turn of 16 digits and a colon
  local fields = redis.call('HMGET', entry_key(id), 'begun', 'kind', 'note', 'approved', 'state', 'first_reported',
    'phase', 'attempts', 'verifications', 'deferrals')
  if not fields[1] then
    if max_per_hour > 0 and lane.begun >= max_per_hour then
      park(lane, 'safety-valve', ARGV[2])
      break
    end
    count_begun()
  end
  take(id, member, lease_prefix .. '-' .. index, fields)
end

if probing and claims[1] then
  redis.call('HSET', lane_hash, 'probe', claims[1][2], 'probe_end', lease_end)
  return reply(tonumber(lease_end))
end
return reply(0)

-- What one of several partitions has of lanes. With a token, whoever looked before can claim nothing more here.
-- ARGV: now, token and revocations per hour (both empty: nothing changes); then providers, of which there is one with a
-- token; without any, all that ever had an entry or a change of their lane.
-- Reply: of each lane, its limit per hour, the end of its probe, the epoch of that, and valve_usage.

local now, token = ARGV[1], ARGV[2]
local providers = { unpack(ARGV, 4) }
if #providers == 0 then providers = redis.call('SMEMBERS', PROVIDERS) end

local found = {}
for _, provider in ipairs(providers) do
  local key = lane_key(provider)
  if token ~= '' then redis.call('HSET', key, 'claimer', token, 'valve_max', ARGV[3]) end
  local lane, probe = load_lane(provider), redis.call('HMGET', key, 'probe_end', 'probe_epoch')
  found[#found + 1] = { lane_reply(lane, now), lane.valve_max, tonumber(probe[1] or '0'), tonumber(probe[2] or '0'),
    valve_usage(provider) }
end
return found

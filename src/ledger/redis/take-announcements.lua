-- One replica at a time delivers for a channel.
-- ARGV: channel, now, limit, end of the lease, lease.
-- Reply: id, names and values of each announcement; empty when there is nothing to deliver, or somebody does it.

local channel = ARGV[1]
local confirmed = redis.call('HGET', CHANNELS, channel)
if not confirmed then return {} end
local free_at = tonumber(redis.call('HGET', channel_key(channel), 'free_at') or '0')
if free_at > tonumber(ARGV[2]) then return {} end

-- They are numbered in the first half of their ids, and the second half is always 0.
local found = redis.call('XRANGE', ANNOUNCED, confirmed .. '-1', '+', 'COUNT', ARGV[3])
if #found == 0 then return {} end
redis.call('HSET', channel_key(channel), 'lease', ARGV[5], 'batch_end', string.match(found[#found][1], '^%d+'),
  'free_at', ARGV[4])
return found

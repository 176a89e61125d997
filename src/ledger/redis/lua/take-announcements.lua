-- One replica at a time delivers for a channel.
-- ARGV: channel, now, limit, end of the lease, lease, until when it is put off at most.
-- Reply: how many made room before they could be delivered, and of each announcement its id, names and values; nil when
-- there is nothing to deliver, or somebody does it.

local channel = ARGV[1]
local confirmed = redis.call('HGET', CHANNELS, channel)
if not confirmed then return nil end
local free_at = tonumber(redis.call('HGET', channel_key(channel), 'free_at') or '0')
-- What seems longer was made by a clock that was ahead.
if free_at > tonumber(ARGV[2]) and free_at <= tonumber(ARGV[6]) then return nil end

-- They are numbered without gaps in the first half of their ids, and the second half is always 0.
local found = redis.call('XRANGE', ANNOUNCED, confirmed .. '-1', '+', 'COUNT', ARGV[3])
if #found == 0 then return nil end
local function number_of(announcement) return string.match(announcement[1], '^%d+') end
redis.call('HSET', channel_key(channel), 'lease', ARGV[5], 'batch_end', number_of(found[#found]),
  'free_at', ARGV[4])
return { number_of(found[1]) - confirmed - 1, found }

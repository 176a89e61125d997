-- One replica at a time is told for a channel of what several partitions have: whoever leads in the channel's home.
-- ARGV: channel, now, until, lease (empty: nobody's), the lease that is given up for it (or empty), until when one lasts, or
-- the channel is put off, at most: what seems longer was made by a clock that was ahead.

local channel, now, given_up = ARGV[1], ARGV[2], ARGV[5]
if redis.call('HEXISTS', CHANNELS, channel) == 0 then return 0 end
local led = redis.call('HMGET', channel_key(channel), 'led_by', 'led_until')
if given_up ~= '' and led[1] ~= given_up then return 0 end
local led_until = tonumber(led[2] or '0')
if given_up == '' and led_until > tonumber(now) and led_until <= tonumber(ARGV[6]) then return 0 end
redis.call('HSET', channel_key(channel), 'led_by', ARGV[4], 'led_until', ARGV[3])
return 1

-- The channel no longer waits after a failure.
-- ARGV: channel, now, the notice that is announced to it (or empty: none is). Reply: 0 when there is no such notice.

local channel, now, notice = ARGV[1], ARGV[2], ARGV[3]
if notice ~= '' then
  if not redis.call('ZSCORE', NOTICES, notice) then return 0 end
  announce(now, 'send-again', '', { 'channel', channel, 'notice', notice })
end
local key = channel_key(channel)
local held = redis.call('HMGET', key, 'lease', 'led_by')
if not held[1] then redis.call('HDEL', key, 'free_at') end
if held[2] == '' then redis.call('HDEL', key, 'led_until') end
return 1

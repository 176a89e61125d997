-- ARGV: channel, lease, the last announcement that was delivered.

local channel = ARGV[1]
if not holds(channel, ARGV[2]) then return 0 end
local key = channel_key(channel)
local batch_end = tonumber(redis.call('HGET', key, 'batch_end'))
local through = math.min(tonumber(ARGV[3]), batch_end)
if through > tonumber(redis.call('HGET', CHANNELS, channel)) then
  redis.call('HSET', CHANNELS, channel, string.format('%.0f', through))
end
if through == batch_end then redis.call('HDEL', key, 'lease', 'batch_end', 'free_at') end
delete_confirmed()
return 1

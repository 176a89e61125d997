-- A channel that was there goes on from where it is.
-- ARGV: names.

local wanted = {}
for _, channel in ipairs(ARGV) do
  wanted[channel] = true
  redis.call('HSETNX', CHANNELS, channel, redis.call('HGET', META, 'announced') or '0')
end
for _, channel in ipairs(redis.call('HKEYS', CHANNELS)) do
  if not wanted[channel] then
    redis.call('HDEL', CHANNELS, channel)
    redis.call('DEL', channel_key(channel))
  end
end
delete_confirmed()
return 1

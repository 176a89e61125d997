-- ARGV: channel, lease, until.

if not holds(ARGV[1], ARGV[2]) then return 0 end
redis.call('HDEL', channel_key(ARGV[1]), 'lease', 'batch_end')
redis.call('HSET', channel_key(ARGV[1]), 'free_at', ARGV[3])
return 1

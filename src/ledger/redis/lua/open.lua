-- Claims an empty server for a key file and this way of storing entries.
-- ARGV: key check, layout, version. Reply: those that the server was claimed for; the version may be missing, and a
-- ledger that was copied says where.

if redis.call('HEXISTS', META, 'key_check') == 0 then
  redis.call('HSET', META, 'key_check', ARGV[1], 'layout', ARGV[2], 'version', ARGV[3])
end
return redis.call('HMGET', META, 'key_check', 'layout', 'version', 'handed_over')

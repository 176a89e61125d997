-- Claims an empty server for a key file and this way of storing entries.
-- ARGV: key check, layout, version, an id for a ledger that has none: it is a new one, or of a version that gave none.
-- Reply: those that the server was claimed for, where the version may be missing, and a ledger that was copied says where;
-- its id, unless it was made with another key file; 1 when there was none.

local is_new = redis.call('HEXISTS', META, 'key_check') == 0
if is_new then
  redis.call('HSET', META, 'key_check', ARGV[1], 'layout', ARGV[2], 'version', ARGV[3])
end
if redis.call('HGET', META, 'key_check') == ARGV[1] then redis.call('HSETNX', META, 'id', ARGV[4]) end
local reply = redis.call('HMGET', META, 'key_check', 'layout', 'version', 'handed_over', 'id')
reply[#reply + 1] = is_new and 1 or 0
return reply

-- ARGV: how many. Reply: id and summary of each, the newest first.

local reply = {}
for _, id in ipairs(redis.call('ZREVRANGE', NOTICES, 0, ARGV[1] - 1)) do
  reply[#reply + 1] = id
  reply[#reply + 1] = redis.call('HGET', NOTICE_SUMMARIES, id)
end
return reply

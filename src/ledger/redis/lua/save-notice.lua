-- ARGV: id, when it was tried for the first time, summary, content.

local id = ARGV[1]
redis.call('ZADD', NOTICES, ARGV[2], id)
redis.call('HSET', NOTICE_SUMMARIES, id, ARGV[3])
redis.call('HSET', NOTICE_CONTENTS, id, ARGV[4])
forget_notices(redis.call('ZRANGE', NOTICES, 0, -1 - MAX_NOTICES))
return 1

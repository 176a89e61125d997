-- A write like that of a report: what refuses the one refuses the other.

return redis.call('INCR', PREFIX .. 'ping')

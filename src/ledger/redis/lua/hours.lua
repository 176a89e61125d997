-- ARGV: the first day, as a number of days since the epoch.
-- Reply: of each day, number of the hour and tally (or a provider's), then entries, and so on; see count_in_hour.

local days = {}
for _, day in ipairs(redis.call('ZRANGEBYSCORE', DAYS, ARGV[1], '+inf')) do
  days[#days + 1] = redis.call('HGETALL', hours_key(day))
end
return days

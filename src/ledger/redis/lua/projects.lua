-- ARGV: limit, how many to look at, instance (empty: any); then ranges to look through, in their order: of each its
-- beginning and its end, as ZRANGEBYLEX takes them.
-- Reply: the project that the next page is to stay behind (empty: there is none), then name and tallies of each.

local limit, window, instance = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3]
local found, looked, last = {}, 0, ''

for at = 4, #ARGV, 2 do
  local names = redis.call('ZRANGEBYLEX', PROJECTS, ARGV[at], ARGV[at + 1], 'LIMIT', 0, window - looked)
  looked = looked + #names
  for _, name in ipairs(names) do
    local fits = instance == '' or string.match(name, '\n(.*)$') == instance
    if fits and #found <= limit then found[#found + 1] = name end
    last = name
  end
end

local reply = { '' }
if #found > limit then
  found[#found] = nil
  reply[1] = found[limit]
elseif looked == window then
  reply[1] = last
end
for _, name in ipairs(found) do
  reply[#reply + 1] = { name, redis.call('HGETALL', project_tally_key(name)) }
end
return reply

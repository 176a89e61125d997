-- Counts the reports that say nothing new: of an entry that is there, with the type, place and finding of the report, and
-- that has no reason to begin once more.
-- ARGV: now, number of routes; three values for each route; then four for each report.
-- Reply: 1 or 0 for each report, in one text.

local now = tonumber(ARGV[1])
local ROUTE_VALUES, VALUES = 3, 4
local routes_end = 2 + ROUTE_VALUES * tonumber(ARGV[2])

local routes = {}
for first = 3, routes_end, ROUTE_VALUES do
  routes[#routes + 1] = {
    type_key = type_key(ARGV[first]),
    restarts = cjson.decode(ARGV[first + 1]),
    recheck_before = tonumber(ARGV[first + 2]),
  }
end

local function says_nothing_new(route, id, place_key, finding, known)
  local state, why, ended, places = known[1], known[2], known[3], known[4]
  if not state or starts_anew(state, why, route.restarts) then return false end
  if needs_recheck(state, why, ended, route.recheck_before) then return false end
  if place_key ~= '' and not (places and string.find(places, place_key, 1, true)) then return false end
  if not redis.call('ZSCORE', route.type_key, id) then return false end
  return finding == '' or redis.call('LPOS', findings_key(id), finding)
end

local function count(id, last)
  redis.call('HINCRBY', entry_key(id), 'repeats', 1)
  if now > tonumber(last) then redis.call('HSET', entry_key(id), 'last_reported', ARGV[1]) end
end

-- Of one command: below what Lua can unpack.
local MAX_KEYS = 1000

-- Asked in few commands, as a report has either known tokens or new ones, mostly.
local function is_some_known()
  local keys, known = {}, 0
  for first = routes_end + 1, #ARGV, VALUES do keys[#keys + 1] = entry_key(ARGV[first + 1]) end
  for first = 1, #keys, MAX_KEYS do
    known = known + redis.call('EXISTS', unpack(keys, first, math.min(first + MAX_KEYS - 1, #keys)))
  end
  return known > 0
end

if not is_some_known() then return string.rep('0', (#ARGV - routes_end) / VALUES) end

local counted = {}
for first = routes_end + 1, #ARGV, VALUES do
  local id = ARGV[first + 1]
  local known = redis.call('HMGET', entry_key(id), 'state', 'why', 'ended', 'places', 'last_reported', 'first_reported')
  local is_repeat = says_nothing_new(routes[tonumber(ARGV[first])], id, ARGV[first + 2], ARGV[first + 3], known)
  if is_repeat then count(id, known[5] or known[6]) end
  counted[#counted + 1] = is_repeat and '1' or '0'
end
return table.concat(counted)

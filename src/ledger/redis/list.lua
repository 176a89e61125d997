-- Reads the newest `window` entries below a number, of all indexes that fit: an entry's number never changes, so
-- paging by it neither repeats nor misses an entry that moves from state to state.
-- ARGV: number to stay below (+inf: from the newest on), smallest number, window, provider, state, type (each empty:
-- any), then the names of the entry's fields.
-- Reply: the last number that was looked at (empty: there are no more), then id and fields of the entries that have the type.

local below, smallest, window = ARGV[1], ARGV[2], tonumber(ARGV[3])
local wanted_type = ARGV[6]
local providers = ARGV[4] == '' and redis.call('SMEMBERS', PROVIDERS) or { ARGV[4] }
local states = ARGV[5] == '' and STATES or { ARGV[5] }

local found = {}
for _, provider in ipairs(providers) do
  for _, state in ipairs(states) do
    local page = redis.call('ZREVRANGEBYSCORE', index_key(provider, state), '(' .. below, smallest,
      'WITHSCORES', 'LIMIT', 0, window)
    for at = 1, #page, 2 do
      found[#found + 1] = { id = page[at], number = tonumber(page[at + 1]) }
    end
  end
end
table.sort(found, function(a, b) return a.number > b.number end)

local function has_type(id)
  if wanted_type == '' then return true end
  for _, known in ipairs(cjson.decode(redis.call('HGET', entry_key(id), 'types'))) do
    if known == wanted_type then return true end
  end
  return false
end

local looked_at = math.min(#found, window)
local last = #found >= window and string.format('%.0f', found[looked_at].number) or ''
local reply = { last }
for at = 1, looked_at do
  local id = found[at].id
  if has_type(id) then reply[#reply + 1] = { id, redis.call('HMGET', entry_key(id), unpack(ARGV, 7)) } end
end
return reply

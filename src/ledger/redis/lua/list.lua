-- Looks at the newest entries below a number in the smallest index that fits, and in no more than `window` of them: an
-- entry's number never changes, so paging by it neither repeats nor misses an entry that moves from state to state.
-- ARGV: number to stay below (+inf: from the newest on), smallest number, window, limit, provider, state, type (each
-- empty: any), then the names of the entry's fields.
-- Reply: the number that the next page is to stay below (empty: there is none), then id and fields of each entry.

local below, smallest, window, limit = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local provider, state, type = ARGV[5], ARGV[6], ARGV[7]
local CHUNK = 50

-- Reads an index from the newest entry on; an entry is an id and a number, and false stands for the end.
local function reader(key)
  local chunk, at, from = {}, 1, below
  return function()
    if at > #chunk then
      if from == '' then return false end
      chunk = redis.call('ZREVRANGEBYSCORE', key, '(' .. from, smallest, 'WITHSCORES', 'LIMIT', 0, CHUNK)
      at = 1
      from = #chunk == 2 * CHUNK and chunk[#chunk] or ''
      if #chunk == 0 then return false end
    end
    at = at + 2
    return { id = chunk[at - 2], number = tonumber(chunk[at - 1]) }
  end
end

-- Reads several indexes as one.
local function merged(readers)
  local heads = {}
  for at, read in ipairs(readers) do heads[at] = read() end
  return function()
    local newest
    for at, head in ipairs(heads) do
      if head and (not newest or head.number > heads[newest].number) then newest = at end
    end
    if not newest then return false end
    local entry = heads[newest]
    heads[newest] = readers[newest]()
    return entry
  end
end

local groups, in_groups = {}, 0
for _, name in ipairs(provider == '' and redis.call('SMEMBERS', PROVIDERS) or { provider }) do
  for _, each in ipairs(state == '' and STATES or { state }) do
    local size = redis.call('ZCARD', index_key(name, each))
    if size > 0 then groups[#groups + 1] = index_key(name, each) end
    in_groups = in_groups + size
  end
end

local function read_groups()
  local readers = {}
  for at, key in ipairs(groups) do readers[at] = reader(key) end
  return merged(readers)
end

local function has_type(entry)
  return redis.call('ZSCORE', type_key(type), entry.id)
end

local function is_in_groups(entry)
  if provider == '' and state == '' then return true end
  local known = redis.call('HMGET', entry_key(entry.id), 'provider', 'state')
  return (provider == '' or provider == known[1]) and (state == '' or state == known[2])
end

local read, fits
if type == '' then
  read, fits = read_groups(), function() return true end
elseif in_groups < redis.call('ZCARD', type_key(type)) then
  read, fits = read_groups(), has_type
else
  read, fits = reader(type_key(type)), is_in_groups
end

local found, looked, last = {}, 0, ''
local entry = read()
while entry and looked < window and #found <= limit do
  looked = looked + 1
  last = entry
  if fits(entry) then found[#found + 1] = entry end
  entry = read()
end

local reply = { '' }
if #found > limit then
  found[#found] = nil
  last = found[limit]
  entry = last
end
if entry then reply[1] = string.format('%.0f', last.number) end
for _, each in ipairs(found) do
  reply[#reply + 1] = { each.id, redis.call('HMGET', entry_key(each.id), unpack(ARGV, 8)) }
end
return reply

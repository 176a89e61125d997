-- Looks at the newest entries below a number in the smallest index that fits, and in no more than `window` of them: an
-- entry's number never changes, so paging by it neither repeats nor misses an entry that moves from state to state.
-- ARGV: number to stay below (+inf: from the newest on), smallest number, window, limit; then the filters, each empty
-- where it is not given: provider, state, type, kind of outcome, its reason, caller, beginning of the id, whether by
-- project (1), its instance, its path; then the names of the entry's fields.
-- Reply: the number that the next page is to stay below (empty: there is none), then id, fields and projects of each entry.

local below, smallest, window, limit = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local provider, state, type = ARGV[5], ARGV[6], ARGV[7]
local outcome, reason, caller, id_prefix = ARGV[8], ARGV[9], ARGV[10], ARGV[11]
local by_project, instance, path = ARGV[12] == '1', ARGV[13], ARGV[14]
local CHUNK, MIN_CHUNK, CHUNKS = 50, 5, 1000

-- Reads an index from the newest entry on; an entry is an id and a number, and false stands for the end.
local function reader(key, size)
  local chunk, at, from = {}, 1, below
  return function()
    if at > #chunk then
      if from == '' then return false end
      chunk = redis.call('ZREVRANGEBYSCORE', key, '(' .. from, smallest, 'WITHSCORES', 'LIMIT', 0, size)
      at = 1
      from = #chunk == 2 * size and chunk[#chunk] or ''
      if #chunk == 0 then return false end
    end
    at = at + 2
    return { id = chunk[at - 2], number = tonumber(chunk[at - 1]) }
  end
end

-- Reads several indexes as one, with each entry once.
local function merged(keys)
  local size = math.min(CHUNK, math.max(MIN_CHUNK, math.ceil(CHUNKS / #keys)))
  local readers, heads = {}, {}
  for at, key in ipairs(keys) do
    readers[at] = reader(key, size)
    heads[at] = readers[at]()
  end
  return function()
    local newest = false
    for _, head in ipairs(heads) do
      if head and (not newest or head.number > newest.number) then newest = head end
    end
    for at, head in ipairs(heads) do
      if newest and head and head.number == newest.number then heads[at] = readers[at]() end
    end
    return newest
  end
end

local function fits_text(filter, text) return filter == '' or filter == text end

local function fits_cause(of, at, why)
  if not (fits_text(provider, of) and fits_text(state, at)) then return false end
  if outcome == '' and reason == '' then return true end
  local names = cjson.decode(why or '[]')
  return fits_text(outcome, names[1]) and fits_text(reason, names[2])
end

-- One of the filters: the indexes that have what it leaves, how many entries these are, and whether it leaves one.
local function by_group()
  local keys, size = {}, 0
  local function add(key)
    local entries = redis.call('ZCARD', key)
    if entries > 0 then keys[#keys + 1] = key end
    size = size + entries
  end
  if outcome ~= '' or reason ~= '' then
    for _, cause in ipairs(redis.call('SMEMBERS', CAUSES)) do
      if fits_cause(string.match(cause, '^(.-)\n(.-)\n(.*)$')) then add(cause_key(cause)) end
    end
  else
    for _, name in ipairs(provider == '' and redis.call('SMEMBERS', PROVIDERS) or { provider }) do
      for _, each in ipairs(state == '' and STATES or { state }) do add(index_key(name, each)) end
    end
  end
  local is_any = provider == '' and state == '' and outcome == '' and reason == ''
  return {
    keys = keys,
    size = size,
    has = function(entry)
      if is_any then return true end
      return fits_cause(unpack(redis.call('HMGET', entry_key(entry.id), 'provider', 'state', 'why')))
    end,
  }
end

local function by_type()
  local key = type_key(type)
  return {
    keys = { key },
    size = redis.call('ZCARD', key),
    has = function(entry) return redis.call('ZSCORE', key, entry.id) end,
  }
end

local function is_in_project(entry)
  for _, name in ipairs(projects_of(entry.id)) do
    local its_path, its_instance = string.match(name, '^(.*)\n(.*)$')
    local is_below = path == '' or its_path == path or string.sub(its_path, 1, #path + 1) == path .. '/'
    if is_below and fits_text(instance, its_instance) then return true end
  end
  return false
end

-- Without indexes where there are too many projects.
local function of_project()
  local ranges = { { '-', '+' } }
  if path ~= '' then ranges = { { '[' .. path .. '\n', '(' .. path .. '\v' }, { '[' .. path .. '/', '(' .. path .. '0' } } end
  local keys, size, looked = {}, 0, 0
  for _, range in ipairs(ranges) do
    local names = redis.call('ZRANGEBYLEX', PROJECTS, range[1], range[2], 'LIMIT', 0, MAX_PROJECTS_MERGED + 1 - looked)
    looked = looked + #names
    for _, name in ipairs(names) do
      if fits_text(instance, string.match(name, '\n(.*)$')) then
        keys[#keys + 1] = project_key(name)
        size = size + redis.call('ZCARD', project_key(name))
      end
    end
  end
  if looked > MAX_PROJECTS_MERGED then return { size = math.huge, has = is_in_project } end
  return { keys = keys, size = size, has = is_in_project }
end

local filters = { by_group() }
if type ~= '' then filters[#filters + 1] = by_type() end
if by_project then filters[#filters + 1] = of_project() end
if id_prefix ~= '' then
  filters[#filters + 1] = {
    size = math.huge,
    has = function(entry) return string.sub(entry.id, 1, #id_prefix) == id_prefix end,
  }
end
if caller ~= '' then
  filters[#filters + 1] = {
    size = math.huge,
    has = function(entry) return redis.call('HGET', entry_key(entry.id), 'caller') == caller end,
  }
end

local smallest_filter = filters[1]
for _, filter in ipairs(filters) do
  if filter.size < smallest_filter.size then smallest_filter = filter end
end

local function fits(entry)
  for _, filter in ipairs(filters) do
    if filter ~= smallest_filter and not filter.has(entry) then return false end
  end
  return true
end

local found, looked, last = {}, 0, ''
local read = merged(smallest_filter.keys)
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
  reply[#reply + 1] = { each.id, redis.call('HMGET', entry_key(each.id), unpack(ARGV, 15)), projects_of(each.id) }
end
return reply

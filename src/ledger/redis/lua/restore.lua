-- Writes entries as another ledger has them, with all that is counted and sorted by them. What is there already stays.
-- ARGV: for each entry its id, sealed token, namespace and group of its queue (each may be empty), then its hash, places,
-- findings and history, each behind the number of its values.

local at = 0

local function take()
  at = at + 1
  return ARGV[at]
end

local function take_list()
  local count = tonumber(take())
  at = at + count
  return { unpack(ARGV, at - count + 1, at) }
end

local function push(key, texts)
  if #texts > 0 then redis.call('RPUSH', key, unpack(texts)) end
end

local function enter_indexes(entry)
  local known = redis.call('HMGET', entry_key(entry.id), 'types', 'ended')
  redis.call('SADD', PROVIDERS, entry.provider)
  redis.call('ZADD', index_key(entry.provider, entry.state), entry.number, entry.id)
  for _, type in ipairs(cjson.decode(known[1])) do redis.call('ZADD', type_key(type), entry.number, entry.id) end
  if entry.why then enter_cause(cause_of(entry.provider, entry.state, entry.why), entry.number, entry.id) end
  for _, name in ipairs(projects_of(entry.id)) do enter_project(entry, name) end
  if known[2] then redis.call('ZADD', ENDED, known[2], entry.id) end
  if entry.state ~= 'queued' then return end
  count_queued_of(entry.share, 1)
  if entry.approved then list_approved(entry) end
end

local function enter_due(entry, keys)
  if not entry.due then return end
  if not entry.queue then
    redis.call('ZADD', due_set(entry), entry.due, entry.turn .. ':' .. entry.id)
  else
    redis.call('ZADD', fresh_key(entry.provider, entry.phase, entry.queue), entry.turn, entry.id)
    keys.project = entry.queue
    enter_turns(entry.provider, entry.phase, keys)
  end
end

-- Several partitions have given the same numbers, and pages are cut by them.
local COPIED = PREFIX .. 'copied'

local function free_number(number)
  while redis.call('SADD', COPIED, number_text(number)) == 0 do number = number + 1 end
  return number_text(number)
end

local last = tonumber(redis.call('HGET', META, 'last_number') or '0')

while at < #ARGV do
  local id, sealed, keys = take(), take(), { namespace = take(), group = take() }
  local fields, places, findings, history = take_list(), take_list(), take_list(), take_list()
  if redis.call('EXISTS', entry_key(id)) == 0 then
    redis.call('HSET', entry_key(id), unpack(fields))
    redis.call('HSET', entry_key(id), 'number', free_number(tonumber(redis.call('HGET', entry_key(id), 'number'))))
    if sealed ~= '' then redis.call('SET', sealed_key(id), sealed) end
    push(places_key(id), places)
    push(findings_key(id), findings)
    push(history_key(id), history)
    local entry = load_entry(id)
    enter_indexes(entry)
    enter_due(entry, keys)
    last = math.max(last, tonumber(entry.number), tonumber(entry.turn))
  end
end
redis.call('HSET', META, 'last_number', number_text(last))
return 1

-- Commits all reports or none: the only refusal comes before the first write.
-- An id becomes one entry, however often and under however many types it is reported.
-- ARGV: now, backlog (-1: no limit), origin; then eleven values for each report.
-- Reply: nil when the backlog is full, else created, repeated and the providers that got work.

local now, backlog, origin = ARGV[1], tonumber(ARGV[2]), ARGV[3]

local function count_queued()
  local queued = 0
  for _, provider in ipairs(redis.call('SMEMBERS', PROVIDERS)) do
    queued = queued + redis.call('ZCARD', index_key(provider, 'queued'))
  end
  return queued
end

local function read_report(first)
  return {
    id = ARGV[first],
    provider = ARGV[first + 1],
    kind = ARGV[first + 2],
    type = ARGV[first + 3],
    location = ARGV[first + 4],
    sealed = ARGV[first + 5],
    state = ARGV[first + 6],
    outcome = ARGV[first + 7],
    why = ARGV[first + 8],
    restarts = ARGV[first + 9],
    event = ARGV[first + 10],
  }
end

local function add_type(report)
  local key = entry_key(report.id)
  local types = cjson.decode(redis.call('HGET', key, 'types') or '[]')
  for _, known in ipairs(types) do
    if known == report.type then return end
  end
  types[#types + 1] = report.type
  redis.call('HSET', key, 'types', cjson.encode(types))
end

local function add_location(report)
  if report.location == '' then return end
  local key = locations_key(report.id)
  local count = redis.call('ZCARD', key)
  if count < MAX_LOCATIONS then redis.call('ZADD', key, 'NX', count, report.location) end
end

local function count_report(report)
  add_type(report)
  add_location(report)
  redis.call('HINCRBY', entry_key(report.id), 'reports', 1)
  local last = tonumber(redis.call('HGET', entry_key(report.id), 'last_reported') or '0')
  if tonumber(now) > last then redis.call('HSET', entry_key(report.id), 'last_reported', now) end
end

local woken = {}

-- Gives a new entry, or one that starts anew, the state that the report asks for.
local function start(entry, report)
  local key = entry_key(entry.id)
  end_lease(entry, origin)
  unschedule(entry)
  clear_ended(entry)
  redis.call('HDEL', key, 'note', 'begun')
  redis.call('HSET', key, 'kind', report.kind, 'sealed', report.sealed, 'approved', '0')
  set_progress(entry.id, 'revoke', 0, 0, 0)
  move(entry, report.state)
  append_history(entry.id, { report.event })
  if report.state == 'attention' then set_ended(entry, report.outcome, report.why, now) end
  if report.state == 'queued' then
    schedule(entry, now, now)
    woken[entry.provider] = true
  end
end

local function create(report)
  local number = next_number(now)
  redis.call('SADD', PROVIDERS, report.provider)
  redis.call('HSET', entry_key(report.id), 'provider', report.provider, 'number', number, 'first_reported', now)
  start({ id = report.id, provider = report.provider, number = number, state = report.state, lease = false }, report)
end

local function starts_anew(entry, report)
  if report.restarts == '[]' or (entry.state ~= 'done' and entry.state ~= 'attention') then return false end
  local restarts = cjson.decode(report.restarts)
  for _, why in ipairs(cjson.decode(redis.call('HGET', entry_key(entry.id), 'why'))) do
    for _, restart in ipairs(restarts) do
      if why == restart then return true end
    end
  end
  return false
end

if backlog >= 0 and count_queued() >= backlog then return nil end

local created, repeated = 0, 0
for first = 4, #ARGV, 11 do
  local report = read_report(first)
  local entry = load_entry(report.id)
  if not entry then
    create(report)
    created = created + 1
  else
    if starts_anew(entry, report) then start(entry, report) end
    repeated = repeated + 1
  end
  count_report(report)
end

local providers = {}
for provider in pairs(woken) do
  wake(provider, origin)
  providers[#providers + 1] = provider
end
return { created, repeated, providers }

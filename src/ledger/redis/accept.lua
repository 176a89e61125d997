-- Commits all reports or none: the only refusal comes before the first write.
-- An id becomes one entry, however often and under however many types it is reported.
-- ARGV: now, backlog (-1: no limit), origin; then twelve values for each report.
-- Reply: nil when the backlog is full, else created, repeated and the providers that got work.

local now, backlog, origin = ARGV[1], tonumber(ARGV[2]), ARGV[3]

-- Of one report.
local VALUES = 12
-- Of one command: even, and below what Lua can unpack.
local MAX_ARGUMENTS = 1000

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
    finding = ARGV[first + 10],
    recheck_before = ARGV[first + 11],
  }
end

local function add_type(entry, report)
  local key = entry_key(entry.id)
  local types = cjson.decode(redis.call('HGET', key, 'types') or '[]')
  for _, known in ipairs(types) do
    if known == report.type then return end
  end
  types[#types + 1] = report.type
  redis.call('HSET', key, 'types', cjson.encode(types))
  redis.call('ZADD', type_key(report.type), entry.number, entry.id)
end

-- Keeps the first ones, in their order. Returns whether the text was not there yet, and is now.
local function add_text(key, text, max)
  if text == '' then return false end
  local count = redis.call('ZCARD', key)
  return count < max and redis.call('ZADD', key, 'NX', count, text) == 1
end

-- The first one is in the hash: most entries never get another, and a set of its own would cost a kilobyte.
local function add_location(entry, location)
  local first = redis.call('HGET', entry_key(entry.id), 'location')
  if location == first then return end
  add_text(locations_key(entry.id), location, first == '' and MAX_LOCATIONS or MAX_LOCATIONS - 1)
end

local function count_report(entry)
  local key = entry_key(entry.id)
  redis.call('HINCRBY', key, 'reports', 1)
  local last = tonumber(redis.call('HGET', key, 'last_reported') or '0')
  if tonumber(now) > last then redis.call('HSET', key, 'last_reported', now) end
end

local created, repeated, to_attention = 0, 0, 0
local woken = {}

local first_new, listed = nil, {}

-- For all reports that may be new at once; that some numbers are left out does no harm.
local function next_new()
  first_new = first_new or take_numbers(now, (#ARGV - 3) / VALUES)
  first_new = first_new + 1
  return number_text(first_new - 1)
end

local function list_provider(provider)
  if listed[provider] then return end
  redis.call('SADD', PROVIDERS, provider)
  listed[provider] = true
end

-- Scores and members that still have to go into sorted sets, by key.
local additions = {}

local function add_later(key, score, member)
  local set = additions[key] or {}
  additions[key] = set
  set[#set + 1] = score
  set[#set + 1] = member
end

local function add_now()
  for key, set in pairs(additions) do
    for first = 1, #set, MAX_ARGUMENTS do
      redis.call('ZADD', key, unpack(set, first, math.min(first + MAX_ARGUMENTS - 1, #set)))
    end
  end
  additions = {}
end

-- An event of the history, in JSON; so is the outcome, which may be empty.
local function reported(outcome)
  return '{"at":' .. now .. ',"event":"reported"' .. (outcome ~= '' and ',"outcome":' .. outcome or '') .. '}'
end

local function queue(entry)
  schedule(entry, now, now)
  woken[entry.provider] = true
end

-- What a state other than `queued` asks for.
local function set_aside(entry, report)
  if report.state == 'attention' then
    set_outcome(entry, report.outcome, report.why)
    set_ended(entry, now)
    if entry.state ~= 'attention' then to_attention = to_attention + 1 end
  end
  announce_entry(entry, report.state, now)
end

-- Most reports are of new entries, so these get by with few commands: their hash is written at once, and all of a
-- request go into the indexes together.
local function create(report)
  local id, provider = report.id, report.provider
  local number = next_new()
  local is_queued = report.state == 'queued'
  local schedule = is_queued and { 'turn', number, 'due', now } or {}
  redis.call('HSET', entry_key(id), 'provider', provider, 'number', number, 'kind', report.kind,
    'types', cjson.encode({ report.type }), 'state', report.state, 'sealed', report.sealed, 'approved', '0',
    'location', report.location, 'reports', 1, 'first_reported', now, 'last_reported', now,
    'phase', 'revoke', 'attempts', 0, 'verifications', 0, 'deferrals', 0, unpack(schedule))
  redis.call('RPUSH', history_key(id), reported(report.outcome))
  if report.finding ~= '' then redis.call('ZADD', findings_key(id), 0, report.finding) end
  add_later(index_key(provider, report.state), number, id)
  add_later(type_key(report.type), number, id)
  list_provider(provider)
  created = created + 1
  if is_queued then
    add_later(due_key(provider), now, number .. ':' .. id)
    woken[provider] = true
  else
    set_aside({ id = id, provider = provider, state = '' }, report)
  end
end

local function restart(entry, report)
  local key = entry_key(entry.id)
  end_lease(entry, origin)
  unschedule(entry)
  clear_ended(entry)
  clear_outcome(entry)
  redis.call('HDEL', key, 'note', 'begun')
  redis.call('HSET', key, 'kind', report.kind, 'sealed', report.sealed, 'approved', '0')
  set_progress(entry.id, 'revoke', 0, 0, 0)
  move(entry, report.state)
  append_history(entry.id, { reported(report.outcome) })
  if report.state == 'queued' then queue(entry) else set_aside(entry, report) end
end

local function starts_anew(entry, report)
  if report.restarts == '[]' or (entry.state ~= 'done' and entry.state ~= 'attention') then return false end
  local restarts = cjson.decode(report.restarts)
  for _, why in ipairs(cjson.decode(redis.call('HGET', entry_key(entry.id), 'why') or '[]')) do
    for _, restart in ipairs(restarts) do
      if why == restart then return true end
    end
  end
  return false
end

local function needs_recheck(entry, report)
  if report.recheck_before == '' or entry.state ~= 'done' then return false end
  local known = redis.call('HMGET', entry_key(entry.id), 'ended', 'why')
  if tonumber(known[1]) >= tonumber(report.recheck_before) then return false end
  local kind = cjson.decode(known[2] or '[]')[1]
  for _, dead in ipairs(DEAD) do
    if kind == dead then return true end
  end
  return false
end

-- The outcome stays, and so does `begun`: asking is nothing that the safety valve has to stop.
local function recheck(entry, report)
  clear_ended(entry)
  redis.call('HSET', entry_key(entry.id), 'kind', report.kind, 'sealed', report.sealed)
  set_progress(entry.id, 'recheck', 0, 0, 0)
  move(entry, 'queued')
  append_history(entry.id, { reported('') })
  queue(entry)
end

local function has_ended(entry)
  return entry.state == 'done' or entry.state == 'attention' or entry.state == 'dismissed'
end

local function repeat_report(entry, report)
  count_report(entry)
  add_type(entry, report)
  add_location(entry, report.location)
  local has_new_finding = add_text(findings_key(entry.id), report.finding, MAX_FINDINGS)
  repeated = repeated + 1
  if starts_anew(entry, report) then
    restart(entry, report)
  elseif needs_recheck(entry, report) then
    recheck(entry, report)
  elseif has_new_finding and has_ended(entry) then
    announce_entry(entry, 'finding', now)
  end
end

local function accept(report)
  local entry = load_entry(report.id)
  if not entry then return create(report) end
  add_now() -- It may have come with this very request.
  repeat_report(entry, report)
end

if backlog >= 0 and count_queued() >= backlog then return nil end

for first = 4, #ARGV, VALUES do accept(read_report(first)) end
add_now()
if created > 0 then count_in_hour(now, 'created', created) end
if to_attention > 0 then count_in_hour(now, 'ended:attention', to_attention) end

local providers = {}
for provider in pairs(woken) do
  wake(provider, origin)
  providers[#providers + 1] = provider
end
return { created, repeated, providers }

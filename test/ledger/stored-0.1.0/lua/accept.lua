-- Commits all reports or none: the only refusal comes before the first write.
-- An id becomes one entry, however often and under however many types it is reported.
-- ARGV: now, backlog (-1: no limit), origin, number of routes; then eight values for each route, which is what many
-- reports have in common; then five for each report.
-- Reply: nil when the backlog is full, else created, repeated and the providers that got work.

local now, backlog, origin, routes_end = ARGV[1], tonumber(ARGV[2]), ARGV[3], 4 + 8 * tonumber(ARGV[4])

-- Of one report.
local VALUES = 5
-- Of one command: even, and below what Lua can unpack.
local MAX_ARGUMENTS = 1000

local function count_queued()
  local queued = 0
  for _, provider in ipairs(redis.call('SMEMBERS', PROVIDERS)) do
    queued = queued + redis.call('ZCARD', index_key(provider, 'queued'))
  end
  return queued
end

local routes = {}

local function read_routes()
  for first = 5, routes_end, 8 do
    local provider, type, state = ARGV[first], ARGV[first + 2], ARGV[first + 3]
    routes[#routes + 1] = {
      provider = provider,
      kind = ARGV[first + 1],
      type = type,
      types = cjson.encode({ type }),
      state = state,
      outcome = ARGV[first + 4],
      why = ARGV[first + 5],
      restarts = ARGV[first + 6],
      recheck_before = ARGV[first + 7],
      index_key = index_key(provider, state),
      type_key = type_key(type),
      due_key = due_key(provider),
    }
  end
end

local function read_report(first)
  return {
    route = routes[tonumber(ARGV[first])],
    id = ARGV[first + 1],
    location = ARGV[first + 2],
    sealed = ARGV[first + 3],
    finding = ARGV[first + 4],
  }
end

local function add_type(entry, type)
  local types = cjson.decode(redis.call('HGET', entry_key(entry.id), 'types'))
  for _, known in ipairs(types) do
    if known == type then return end
  end
  types[#types + 1] = type
  put(entry, 'types', cjson.encode(types))
  redis.call('ZADD', type_key(type), entry.number, entry.id)
end

-- Keeps the first ones, in their order. Returns whether the text was not there yet, and is now.
local function add_text(key, text, max)
  if text == '' or redis.call('LLEN', key) >= max or redis.call('LPOS', key, text) then return false end
  redis.call('RPUSH', key, text)
  return true
end

local function count_report(entry)
  redis.call('HINCRBY', entry_key(entry.id), 'repeats', 1)
  local known = redis.call('HMGET', entry_key(entry.id), 'last_reported', 'first_reported')
  if tonumber(now) > tonumber(known[1] or known[2]) then put(entry, 'last_reported', now) end
end

local created, repeated, to_attention = 0, 0, 0
local woken = {}

local first_new, listed = nil, {}

-- For all reports that may be new at once; that some numbers are left out does no harm.
local function next_new()
  first_new = first_new or take_numbers(now, (#ARGV - routes_end) / VALUES)
  first_new = first_new + 1
  return number_text(first_new - 1)
end

local function list_provider(provider)
  if listed[provider] then return end
  redis.call('SADD', PROVIDERS, provider)
  listed[provider] = true
end

-- Most reports are of new entries, so these get by with few commands: all of a request go into the indexes together.
-- By key, scores and members; and keys with their texts.
local additions, texts = {}, {}

local function add_later(key, score, member)
  local set = additions[key] or {}
  additions[key] = set
  set[#set + 1] = score
  set[#set + 1] = member
end

local function write_later(key, text)
  texts[#texts + 1] = key
  texts[#texts + 1] = text
end

local function in_parts(list, write)
  for first = 1, #list, MAX_ARGUMENTS do
    write(unpack(list, first, math.min(first + MAX_ARGUMENTS - 1, #list)))
  end
end

local function add_now()
  for key, set in pairs(additions) do
    in_parts(set, function(...) redis.call('ZADD', key, ...) end)
  end
  in_parts(texts, function(...) redis.call('MSET', ...) end)
  additions, texts = {}, {}
end

-- An event of the history, in JSON; so is the outcome, which may be empty.
local function reported(outcome)
  return '{"at":' .. now .. ',"event":"reported"' .. (outcome ~= '' and ',"outcome":' .. outcome or '') .. '}'
end

-- What `attention` asks for.
local function call_for_attention(entry, route)
  if route.state ~= 'attention' then return end
  set_outcome(entry, route.outcome, route.why)
  set_ended(entry, now)
  if entry.state ~= 'attention' then to_attention = to_attention + 1 end
end

local function create(report)
  local id, route = report.id, report.route
  local number = next_new()
  local entry = {
    id = id,
    provider = route.provider,
    puts = { 'provider', route.provider, 'number', number, 'kind', route.kind, 'types', route.types,
      'state', route.state, 'first_reported', now },
    drops = {},
  }
  write_later(sealed_key(id), report.sealed)
  if report.location ~= '' then redis.call('RPUSH', locations_key(id), report.location) end
  if report.finding ~= '' then redis.call('RPUSH', findings_key(id), report.finding) end
  add_later(route.index_key, number, id)
  add_later(route.type_key, number, id)
  list_provider(route.provider)
  created = created + 1
  if route.state == 'queued' then
    put(entry, 'due', now)
    add_later(route.due_key, now, number .. ':' .. id)
    woken[route.provider] = true
    save(entry)
  else
    call_for_attention(entry, route)
    if route.outcome ~= '' then put(entry, 'first_outcome', route.outcome) end
    save(entry)
    announce_entry(entry, route.state, now)
  end
end

-- Puts the token there again, for work that begins anew.
local function begin(entry, report, phase)
  redis.call('SET', sealed_key(entry.id), report.sealed)
  put(entry, 'kind', report.route.kind)
  set_progress(entry, phase, 0, 0, 0)
end

local function queue(entry)
  schedule(entry, now, now)
  woken[entry.provider] = true
end

local function restart(entry, report)
  local route = report.route
  end_lease(entry, origin)
  unschedule(entry)
  clear_ended(entry)
  clear_outcome(entry)
  drop(entry, 'note')
  drop(entry, 'begun')
  put(entry, 'approved', '0')
  begin(entry, report, 'revoke')
  move(entry, route.state)
  append_history(entry.id, { reported(route.outcome) })
  if route.state == 'queued' then queue(entry) else call_for_attention(entry, route) end
  save(entry)
  if route.state ~= 'queued' then announce_entry(entry, route.state, now) end
end

local function starts_anew(entry, restarts)
  if restarts == '[]' or (entry.state ~= 'done' and entry.state ~= 'attention') then return false end
  local reasons = cjson.decode(restarts)
  for _, why in ipairs(cjson.decode(redis.call('HGET', entry_key(entry.id), 'why') or '[]')) do
    for _, reason in ipairs(reasons) do
      if why == reason then return true end
    end
  end
  return false
end

local function needs_recheck(entry, recheck_before)
  if recheck_before == '' or entry.state ~= 'done' then return false end
  local known = redis.call('HMGET', entry_key(entry.id), 'ended', 'why')
  if tonumber(known[1]) >= tonumber(recheck_before) then return false end
  local kind = cjson.decode(known[2] or '[]')[1]
  for _, dead in ipairs(DEAD) do
    if kind == dead then return true end
  end
  return false
end

-- The outcome stays, and so does `begun`: asking is nothing that the safety valve has to stop.
local function recheck(entry, report)
  clear_ended(entry)
  begin(entry, report, 'recheck')
  move(entry, 'queued')
  append_history(entry.id, { reported('') })
  queue(entry)
  save(entry)
end

local function has_ended(entry)
  return entry.state == 'done' or entry.state == 'attention' or entry.state == 'dismissed'
end

local function repeat_report(entry, report)
  local route = report.route
  count_report(entry)
  add_type(entry, route.type)
  add_text(locations_key(entry.id), report.location, MAX_LOCATIONS)
  local has_new_finding = add_text(findings_key(entry.id), report.finding, MAX_FINDINGS)
  repeated = repeated + 1
  if starts_anew(entry, route.restarts) then return restart(entry, report) end
  if needs_recheck(entry, route.recheck_before) then return recheck(entry, report) end
  save(entry)
  if has_new_finding and has_ended(entry) then announce_entry(entry, 'finding', now) end
end

local function accept(report)
  if redis.call('EXISTS', entry_key(report.id)) == 0 then return create(report) end
  add_now() -- It may have come with this very request.
  repeat_report(load_entry(report.id), report)
end

if backlog >= 0 and count_queued() >= backlog then return nil end

read_routes()
for first = routes_end + 1, #ARGV, VALUES do accept(read_report(first)) end
add_now()
if created > 0 then count_in_hour(now, 'created', created) end
if to_attention > 0 then count_in_hour(now, 'ended:attention', to_attention) end

local providers = {}
for provider in pairs(woken) do
  wake(provider, origin)
  providers[#providers + 1] = provider
end
return { created, repeated, providers }

-- Commits all reports or none: refusals come before the first write.
-- An id becomes one entry, however often and under however many types it is reported.
-- ARGV: now, backlog (-1: no limit), share of it (-1: no limit), origin, number of routes; then 17 values for each route, which is what
-- many reports have in common; then eight for each report.
-- Reply: nil when the backlog is full, else created, repeated, the providers that got work, and the positions (from 0) of the
-- reports whose entries wait for a person from now on, and of those that only count for another entry.

local now, backlog, backlog_share, origin = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
-- Of one route.
local ROUTE_VALUES = 17
local routes_end = 5 + ROUTE_VALUES * tonumber(ARGV[5])

-- Of one report.
local VALUES = 8
-- Of one command: even, and below what Lua can unpack.
local MAX_ARGUMENTS = 1000

local routes = {}

-- What the hashes of all new entries of a route have in common.
local function fields_of(route)
  local fields = { 'provider', route.provider, 'kind', route.kind, 'types', cjson.encode({ route.type }),
    'state', route.state, 'first_reported', now }
  local function add(name, value)
    fields[#fields + 1] = name
    fields[#fields + 1] = value
  end
  if route.caller ~= '' then add('caller', route.caller) end
  if route.share ~= '' then add('share', route.share) end
  if route.state == 'queued' then
    add('due', now)
    add('queue', route.project)
  end
  return fields
end

local function read_routes()
  for first = 6, routes_end, ROUTE_VALUES do
    local provider, type, state = ARGV[first], ARGV[first + 2], ARGV[first + 3]
    routes[#routes + 1] = {
      provider = provider,
      kind = ARGV[first + 1],
      type = type,
      state = state,
      outcome = ARGV[first + 4],
      why = ARGV[first + 5],
      restarts = cjson.decode(ARGV[first + 6]),
      recheck_before = tonumber(ARGV[first + 7]),
      restarts_at_new_place = cjson.decode(ARGV[first + 8]),
      index_key = index_key(provider, state),
      type_key = type_key(type),
      group = ARGV[first + 9],
      namespace = ARGV[first + 10],
      project = ARGV[first + 11],
      share = ARGV[first + 12],
      beyond = ARGV[first + 13],
      beyond_after = tonumber(ARGV[first + 14]),
      readable = ARGV[first + 15] == '1',
      caller = ARGV[first + 16],
      cause = cause_of(provider, state, ARGV[first + 5]),
      has_outcome = ARGV[first + 4] ~= '',
      fresh_key = fresh_key(provider, 'revoke', ARGV[first + 11]),
    }
    routes[#routes].fields = fields_of(routes[#routes])
  end
end

local function read_report(first)
  return {
    route = routes[tonumber(ARGV[first])],
    id = ARGV[first + 1],
    place_key = ARGV[first + 2],
    place = ARGV[first + 3],
    sealed = ARGV[first + 4],
    finding = ARGV[first + 5],
    -- The place as it is sealed for the entry that it counts for beyond.
    beyond_place_key = ARGV[first + 6],
    beyond_place = ARGV[first + 7],
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

local WAITS_FOR_PERSON = { held = true, attention = true }
local UNREADABLE = '!'

local function place_mark(report)
  return report.place_key .. (report.route.readable and '' or UNREADABLE) .. ' '
end

local function is_in(list, text)
  for _, each in ipairs(list) do
    if each == text then return true end
  end
  return false
end

-- The hash has the keys of the places, in the order of the list, each with a space behind it; between them stands a mark
-- where nobody reported the place for whom places are read. The oldest behind the first ones makes room.
-- Returns whether it was not there yet, or can be read only now.
local function add_place(entry, report)
  if report.place == '' then return false end
  local known = redis.call('HGET', entry_key(entry.id), 'places') or ''
  local readable = report.route.readable
  local from, to = string.find(known, report.place_key, 1, true)
  if from then
    if not readable or string.sub(known, to + 1, to + 1) ~= UNREADABLE then return false end
    put(entry, 'places', string.sub(known, 1, to) .. string.sub(known, to + 2))
    return true
  end
  local keys = known .. place_mark(report)
  local length = redis.call('RPUSH', places_key(entry.id), report.place)
  enter_project(entry, project_of(report.place))
  if length > MAX_LOCATIONS then
    local place = redis.call('LINDEX', places_key(entry.id), FIRST_LOCATIONS)
    redis.call('LREM', places_key(entry.id), 1, place)
    local oldest = project_of(place)
    if oldest and not is_in(projects_of(entry.id), oldest) then leave_project(entry, oldest) end
    redis.call('HINCRBY', entry_key(entry.id), 'left_out', 1)
    local from = 1
    for _ = 1, FIRST_LOCATIONS do from = string.find(keys, ' ', from, true) + 1 end
    keys = string.sub(keys, 1, from - 1) .. string.sub(keys, string.find(keys, ' ', from, true) + 1)
  end
  put(entry, 'places', keys)
  return true
end

local function count_report(entry)
  redis.call('HINCRBY', entry_key(entry.id), 'repeats', 1)
  local known = redis.call('HMGET', entry_key(entry.id), 'last_reported', 'first_reported')
  if tonumber(now) > tonumber(known[1] or known[2]) then put(entry, 'last_reported', now) end
end

local created, repeated = 0, 0
-- By provider: how many entries are new, and how many need attention now.
local created_of, to_attention_of, reopened_of = {}, {}, {}
local function add(counts, name, more) counts[name] = (counts[name] or 0) + more end
local function add_one(counts, name) add(counts, name, 1) end

local woken = {}
-- The ids of the entries that this request made.
local made = {}

local first_new, listed = nil, {}
local reports_left = (#ARGV - routes_end) / VALUES

-- For all reports that may be new at once; that some numbers are left out does no harm.
local function next_new()
  first_new = first_new or take_numbers(now, reports_left)
  first_new = first_new + 1
  return number_text(first_new - 1)
end

local function list_provider(provider)
  if listed[provider] then return end
  redis.call('SADD', PROVIDERS, provider)
  listed[provider] = true
end

-- Most reports are of new entries, so these get by with few commands: all of a request go into the indexes together.
-- By key, scores and members; and keys with their texts. By project: what is counted of it.
local additions, texts, entered = {}, {}, {}

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

local function enter_project_later(place, number, id, state)
  local name = project_of(place)
  if not name then return end
  add_later(project_key(name), number, id)
  local counts = entered[name] or {}
  entered[name] = counts
  counts[state] = (counts[state] or 0) + 1
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
  for _, route in ipairs(routes) do
    if route.queued then count_queued_of(route.share, route.queued) end
    route.queued = nil
  end
  for name, counts in pairs(entered) do
    redis.call('ZADD', PROJECTS, 0, name)
    for state, entries in pairs(counts) do redis.call('HINCRBY', project_tally_key(name), state, entries) end
  end
  additions, texts, entered = {}, {}, {}
end

-- An event of the history, in JSON; so is the outcome, which may be empty.
local function reported(outcome)
  return '{"at":' .. now .. ',"event":"reported"' .. (outcome ~= '' and ',"outcome":' .. outcome or '') .. '}'
end

-- What `attention` asks for.
local function call_for_attention(entry, route)
  if route.outcome ~= '' then set_outcome(entry, route.outcome, route.why) end
  if route.state == 'held' then return end
  set_ended(entry, now)
  if route.state == 'attention' and entry.state ~= 'attention' then add_one(to_attention_of, route.provider) end
end

-- Of the queued ones of a route all but two fields are alike: Redis copies a small hash in one piece, in a third of the
-- time. The first one is the pattern until a report of this very request may have changed it.
local function make_hash(report, number)
  local id, route = report.id, report.route
  if report.place == '' then
    redis.call('HSET', entry_key(id), 'number', number, unpack(route.fields))
  elseif route.pattern then
    redis.call('COPY', route.pattern, entry_key(id))
    redis.call('HSET', entry_key(id), 'number', number, 'places', place_mark(report))
  else
    redis.call('HSET', entry_key(id), 'number', number, 'places', place_mark(report), unpack(route.fields))
    if route.state == 'queued' then route.pattern = entry_key(id) end
  end
end

local function create(report)
  local id, route = report.id, report.route
  local number = next_new()
  made[id] = true
  make_hash(report, number)
  if report.place ~= '' then
    redis.call('RPUSH', places_key(id), report.place)
    enter_project_later(report.place, number, id, route.state)
  end
  if report.sealed ~= '' then write_later(sealed_key(id), report.sealed) end
  if report.finding ~= '' then redis.call('RPUSH', findings_key(id), report.finding) end
  add_later(route.index_key, number, id)
  add_later(route.type_key, number, id)
  list_provider(route.provider)
  created = created + 1
  add_one(created_of, route.provider)
  if route.state == 'dismissed' then add(reopened_of, route.provider, -1) end
  if route.state == 'queued' then
    add_later(route.fresh_key, number, id)
    if not route.entered then enter_turns(route.provider, 'revoke', route) end
    route.entered = true
    route.queued = (route.queued or 0) + 1
    woken[route.provider] = true
  else
    local entry = { id = id, provider = route.provider, puts = {}, drops = {} }
    call_for_attention(entry, route)
    if route.has_outcome then
      put(entry, 'first_outcome', route.outcome)
      redis.call('SADD', CAUSES, route.cause)
      add_later(cause_key(route.cause), number, id)
    end
    save(entry)
    if WAITS_FOR_PERSON[route.state] then announce_entry(entry, route.state, now) end
  end
end

-- Puts the token there again, for work that begins anew.
local function begin(entry, report, phase)
  redis.call('SET', sealed_key(entry.id), report.sealed)
  put(entry, 'kind', report.route.kind)
  entry.share = report.route.share
  if entry.share ~= '' then put(entry, 'share', entry.share) else drop(entry, 'share') end
  set_progress(entry, phase, 0, 0, 0)
end

local function queue(entry, phase, route)
  schedule_fresh(entry, now, phase, route)
  -- What is reported behind it comes behind it.
  first_new = nil
  woken[entry.provider] = true
end

-- Returns whether it waits for a person from now on.
local function restart(entry, report)
  local route = report.route
  local was_open = entry.state ~= 'done' and entry.state ~= 'dismissed'
  local is_open = route.state ~= 'dismissed'
  if was_open ~= is_open then add(reopened_of, entry.provider, is_open and 1 or -1) end
  end_lease(entry, origin)
  unschedule(entry)
  clear_ended(entry)
  clear_outcome(entry)
  -- That it was seen to work before a person was asked still counts; what was noted of another kind is not read as of this.
  if redis.call('HGET', entry_key(entry.id), 'kind') ~= route.kind then drop(entry, 'note') end
  end_approval(entry)
  begin(entry, report, 'revoke')
  move(entry, route.state)
  append_history(entry.id, { reported(route.outcome) })
  if route.state == 'queued' then queue(entry, 'revoke', route) else call_for_attention(entry, route) end
  save(entry)
  if not WAITS_FOR_PERSON[route.state] then return false end
  announce_entry(entry, route.state, now)
  return true
end

-- A person may be about to decide about what is held.
local function may_restart(entry)
  if entry.state ~= 'held' then return true end
  local restarts = 0
  for _, text in ipairs(redis.call('LRANGE', history_key(entry.id), 0, -1)) do
    local event = cjson.decode(text)
    if event.event == 'reported' and event.at > tonumber(now) - HOUR_MS then restarts = restarts + 1 end
  end
  return restarts < MAX_RESTARTS_OF_HELD
end

-- The outcome stays.
local function recheck(entry, report)
  add_one(reopened_of, entry.provider)
  clear_ended(entry)
  end_approval(entry)
  begin(entry, report, 'recheck')
  move(entry, 'queued')
  append_history(entry.id, { reported('') })
  queue(entry, 'recheck', report.route)
  save(entry)
end

local function has_ended(entry)
  return entry.state == 'done' or entry.state == 'attention' or entry.state == 'dismissed'
end

-- Returns whether it waits for a person from now on.
local function repeat_report(entry, report)
  local route = report.route
  count_report(entry)
  add_type(entry, route.type)
  local is_new_place = add_place(entry, report)
  local has_new_finding = add_text(findings_key(entry.id), report.finding, MAX_FINDINGS)
  repeated = repeated + 1
  local known = redis.call('HMGET', entry_key(entry.id), 'why', 'ended')
  local why, ended = known[1], known[2]
  local starts = starts_anew(entry.state, why, route.restarts)
    or (is_new_place and starts_anew(entry.state, why, route.restarts_at_new_place))
  if starts and may_restart(entry) then return restart(entry, report) end
  if needs_recheck(entry.state, why, ended, route.recheck_before) then
    recheck(entry, report)
  else
    save(entry)
    if has_new_finding and has_ended(entry) then announce_entry(entry, 'finding', now) end
  end
  return false
end

-- Whether so many entries were made already that a further report makes none.
local function is_beyond(route)
  if route.beyond == '' then return false end
  local key = beyond_key(route.beyond)
  local count = redis.call('INCR', key)
  redis.call('PEXPIRE', key, COUNTS_KEPT_MS)
  return count > route.beyond_after
end

local set_aside, beyond = {}, {}

-- Asked for all reports in few commands, as in most requests none is.
local function is_some_known()
  local keys, known = {}, 0
  for first = routes_end + 1, #ARGV, VALUES do keys[#keys + 1] = entry_key(ARGV[first + 1]) end
  in_parts(keys, function(...) known = known + redis.call('EXISTS', ...) end)
  return known > 0
end

local function accept(report, position, some_known)
  local is_new = not made[report.id] and not (some_known and redis.call('EXISTS', entry_key(report.id)) == 1)
  local only_counts = is_new and is_beyond(report.route)
  if only_counts then
    report.id, report.sealed = report.route.beyond, ''
    report.place_key, report.place = report.beyond_place_key, report.beyond_place
    is_new = redis.call('EXISTS', entry_key(report.id)) == 0
  end
  local begins_to_wait = is_new and WAITS_FOR_PERSON[report.route.state]
  if is_new then
    create(report)
  else
    -- It may have come with this very request.
    add_now()
    for _, route in ipairs(routes) do route.pattern = nil end
    begins_to_wait = repeat_report(load_entry(report.id), report)
  end
  reports_left = reports_left - 1
  if only_counts then
    beyond[#beyond + 1] = position
  elseif begins_to_wait then
    set_aside[#set_aside + 1] = position
  end
end

-- Whether there are new reports, and all of them are of namespaces that have their share of the backlog already.
local function are_all_of_full_shares()
  local some_full = false
  for _, route in ipairs(routes) do
    route.is_full = route.share ~= '' and tonumber(redis.call('HGET', QUEUED, route.share) or '0') >= backlog_share
    some_full = some_full or route.is_full
  end
  if not some_full then return false end
  local some_new = false
  for first = routes_end + 1, #ARGV, VALUES do
    if redis.call('EXISTS', entry_key(ARGV[first + 1])) == 0 then
      if not routes[tonumber(ARGV[first])].is_full then return false end
      some_new = true
    end
  end
  return some_new
end

if backlog >= 0 and count_queued() >= backlog then return nil end

read_routes()
if backlog_share >= 0 and are_all_of_full_shares() then return nil end
local some_known = is_some_known()
for first = routes_end + 1, #ARGV, VALUES do
  accept(read_report(first), (first - routes_end - 1) / VALUES, some_known)
end
add_now()
for provider, entries in pairs(created_of) do count_in_hour(now, provider, 'created', entries) end
for provider, entries in pairs(to_attention_of) do count_in_hour(now, provider, 'ended:attention', entries) end
for provider, entries in pairs(reopened_of) do count_reopened(now, provider, entries) end

local providers = {}
for provider in pairs(woken) do
  wake(provider, origin)
  providers[#providers + 1] = provider
end
return { created, repeated, providers, set_aside, beyond }

-- Stands before every script. Names in capitals that are not defined here come from scripts.ts.
-- All keys carry the hash tag of those that a script is called with: in a Cluster they live on one node, so a script may
-- reach all of them.
-- Behind the arguments that a script tells of stands one more: the id of the ledger that its caller has opened.
-- Numbers of 16 digits are formatted by hand: Lua 5.1 would write them with an exponent.

local META = KEYS[1]
local OPENED_ID = table.remove(ARGV)
local PREFIX = string.match(META, '^{[^}]*}:')
local PROVIDERS = PREFIX .. 'lane-names'
local MODES = PREFIX .. 'lane-modes'
local ENDED = PREFIX .. 'ended'
local DAYS = PREFIX .. 'days'
local SESSIONS = PREFIX .. 'sessions'
-- How many entries of each share are queued.
local QUEUED = PREFIX .. 'queued'
-- Which projects have entries, by path and instance; and how entries with an outcome stand: provider, state and why.
local PROJECTS = PREFIX .. 'projects'
local CAUSES = PREFIX .. 'causes'
local CHANNELS = PREFIX .. 'channels'
local ANNOUNCED = PREFIX .. 'announced'
-- When each notice was tried for the first time, and by its id what is sealed of it.
local NOTICES = PREFIX .. 'notices'
local NOTICE_SUMMARIES = PREFIX .. 'notice-summaries'
local NOTICE_CONTENTS = PREFIX .. 'notice-contents'
-- By name, a day and how often it was counted on that.
local OF_DAY = PREFIX .. 'of-day'

local function entry_key(id) return PREFIX .. 'e:' .. id end
local function sealed_key(id) return PREFIX .. 's:' .. id end
local function places_key(id) return PREFIX .. 'p:' .. id end
-- In clear, as up to layout 2.
local function old_locations_key(id) return PREFIX .. 'loc:' .. id end
local function findings_key(id) return PREFIX .. 'f:' .. id end
local function history_key(id) return PREFIX .. 'h:' .. id end
local function beyond_key(id) return PREFIX .. 'beyond:' .. id end
local function type_key(type) return PREFIX .. 't:' .. type end
local function approved_key(provider) return PREFIX .. 'approved:' .. provider end
local function due_key(provider) return PREFIX .. 'due:' .. provider end
local function asks_key(provider) return PREFIX .. 'asks:' .. provider end
-- `share` is empty for the whole lane.
local function hand_key(provider, share) return PREFIX .. 'hand:' .. provider .. ':' .. share end
-- `parent` is empty for the groups.
local function turns_key(provider, phase, parent) return PREFIX .. 'turns:' .. provider .. ':' .. phase .. ':' .. parent end
local function parents_key(provider, phase) return PREFIX .. 'parents:' .. provider .. ':' .. phase end
local function fresh_key(provider, phase, project) return PREFIX .. 'fresh:' .. provider .. ':' .. phase .. ':' .. project end
-- What was put off until a person has mended something, by when it is due.
local function waits_key(provider, code) return PREFIX .. 'waits:' .. provider .. ':' .. code end
local function revoked_key(provider) return PREFIX .. 'revoked:' .. provider end
local function lane_key(provider) return PREFIX .. 'lane:' .. provider end
local function index_key(provider, state) return PREFIX .. 'i:' .. provider .. ':' .. state end
local function cause_key(cause) return PREFIX .. 'cause:' .. cause end
-- The entries of a project, and how many of them are counted as what.
local function project_key(project) return PREFIX .. 'project:' .. project end
local function project_tally_key(project) return PREFIX .. 'project-tally:' .. project end
local function hours_key(day) return PREFIX .. 'hours:' .. day end
local function channel_key(name) return PREFIX .. 'channel:' .. name end

local function number_text(number) return string.format('%016.0f', number) end

-- Unique, growing, and never below now * 1000: they order entries by their first report, and equal due times by turn.
-- Takes so many of them and returns the first.
local function take_numbers(now, count)
  local last = tonumber(redis.call('HGET', META, 'last_number') or '0')
  local first = math.max(last + 1, tonumber(now) * 1000)
  redis.call('HSET', META, 'last_number', number_text(first + count - 1))
  return first
end

local function next_number(now) return number_text(take_numbers(now, 1)) end

-- Tells the other replicas that a lane may have work. The origin knows already.
local function wake(provider, origin)
  redis.call('PUBLISH', WORK_CHANNEL, origin .. ' ' .. provider)
end

-- Redis keeps a hash of few short texts in one piece, in a third of the space and time of another. So a new entry's has
-- nothing else: most fields are not there yet (replies.ts says what that means), and what is long by nature, the
-- sealed token and the places, has keys of its own.
-- A script says what changes with `put` and `drop`, and writes it with one `save`; until then the hash is as it was.
local function load_entry(id)
  local fields = redis.call('HMGET', entry_key(id), 'state', 'provider', 'number', 'lease', 'due', 'turn',
    'asks', 'share', 'queue', 'phase', 'approved', 'why', 'act')
  if not fields[1] then return nil end
  return {
    id = id,
    state = fields[1],
    provider = fields[2],
    number = fields[3],
    lease = fields[4],
    due = fields[5],
    turn = fields[6] or fields[3],
    asks = fields[7],
    share = fields[8],
    queue = fields[9],
    phase = fields[10] or 'revoke',
    approved = (fields[11] or '0') ~= '0',
    why = fields[12],
    act = tonumber(fields[13] or '0'),
    puts = {},
    drops = {},
  }
end

-- The entry, if this lease still holds it.
local function load_claimed(id, lease)
  local entry = load_entry(id)
  if entry and entry.lease == lease then return entry end
  return nil
end

local function put(entry, field, value)
  local puts = entry.puts
  puts[#puts + 1] = field
  puts[#puts + 1] = value
end

local function drop(entry, field) entry.drops[#entry.drops + 1] = field end

-- A place is its instance, its project and what is sealed of it, one a line. Its project's name is nil where it has none.
local function project_of(place)
  local instance, path = string.match(place, '^([^\n]*)\n([^\n]*)')
  if not path or path == '' then return nil end
  return path .. '\n' .. instance
end

-- Each once, in the order of the places.
local function projects_of(id)
  local names, known = {}, {}
  for _, place in ipairs(redis.call('LRANGE', places_key(id), 0, -1)) do
    local name = project_of(place)
    if name and not known[name] then
      known[name] = true
      names[#names + 1] = name
    end
  end
  return names
end

local function enter_project(entry, name)
  if not name or redis.call('ZADD', project_key(name), entry.number, entry.id) == 0 then return end
  redis.call('ZADD', PROJECTS, 0, name)
  redis.call('HINCRBY', project_tally_key(name), entry.state, 1)
end

local function leave_project(entry, name)
  if redis.call('ZREM', project_key(name), entry.id) == 0 then return end
  redis.call('HINCRBY', project_tally_key(name), entry.state, -1)
  if redis.call('EXISTS', project_key(name)) == 1 then return end
  redis.call('DEL', project_tally_key(name))
  redis.call('ZREM', PROJECTS, name)
end

local function cause_of(provider, state, why) return provider .. '\n' .. state .. '\n' .. why end

local function enter_cause(cause, number, id)
  redis.call('SADD', CAUSES, cause)
  redis.call('ZADD', cause_key(cause), number, id)
end

local function leave_cause(cause, id)
  redis.call('ZREM', cause_key(cause), id)
  if redis.call('EXISTS', cause_key(cause)) == 0 then redis.call('SREM', CAUSES, cause) end
end

-- What lists and counts find the entry by, beside its state.
local function reindex(entry)
  local state, why = entry.next_state or entry.state, entry.why
  if entry.next_why ~= nil then why = entry.next_why end
  if state == entry.state and why == entry.why then return end
  if entry.why then leave_cause(cause_of(entry.provider, entry.state, entry.why), entry.id) end
  if why then enter_cause(cause_of(entry.provider, state, why), entry.number, entry.id) end
  if state == entry.state then return end
  for _, name in ipairs(projects_of(entry.id)) do
    redis.call('HINCRBY', project_tally_key(name), entry.state, -1)
    redis.call('HINCRBY', project_tally_key(name), state, 1)
  end
end

-- A field that is dropped and put, in whatever order, is there afterwards.
local function save(entry)
  -- One that is being made is entered with the others of its request.
  if entry.state then reindex(entry) end
  if #entry.drops > 0 then redis.call('HDEL', entry_key(entry.id), unpack(entry.drops)) end
  if #entry.puts > 0 then redis.call('HSET', entry_key(entry.id), unpack(entry.puts)) end
end

-- The token and what the provider noted of it are gone for good.
local function erase(entry)
  redis.call('DEL', sealed_key(entry.id))
  drop(entry, 'note')
end

-- A text in JSON has its quotes escaped, so this is a key. Not decoded: a script cannot read every text.
local function is_of_person(event) return string.find(event, '"by":"', 1, true) ~= nil end

-- Older events make room, but for what persons did.
local function trim_history(key)
  local events, others = redis.call('LRANGE', key, 0, -1), 0
  for at = #events, 1, -1 do
    if not is_of_person(events[at]) then
      others = others + 1
      if others > MAX_EVENTS then redis.call('LREM', key, 1, events[at]) end
    end
  end
end

-- The first event of all, the report that made the entry, is not in the list: it follows from the hash.
local function append_history(id, events)
  if #events == 0 then return end
  local length = redis.call('RPUSH', history_key(id), unpack(events))
  if length > MAX_EVENTS then trim_history(history_key(id)) end
end

-- Whether the newest event of an entry is later than a time (or empty: no time counts).
local function has_changed_since(id, as_of)
  if as_of == '' then return false end
  local newest = redis.call('LINDEX', history_key(id), -1)
  local at = newest and cjson.decode(newest).at or redis.call('HGET', entry_key(id), 'first_reported')
  return tonumber(at) > tonumber(as_of)
end

local function count_queued()
  local queued = 0
  for _, provider in ipairs(redis.call('SMEMBERS', PROVIDERS)) do
    queued = queued + redis.call('ZCARD', index_key(provider, 'queued'))
  end
  return queued
end

local function count_queued_of(share, change)
  if not share or share == '' then return end
  if redis.call('HINCRBY', QUEUED, share, change) <= 0 then redis.call('HDEL', QUEUED, share) end
end

-- What is queued and approved is listed by provider, so that it need not be searched for among millions of entries.
local function list_approved(entry) redis.call('SADD', approved_key(entry.provider), entry.id) end
local function unlist_approved(entry) redis.call('SREM', approved_key(entry.provider), entry.id) end

-- The approval is signed, with the number of the act that it is for: a claim's reader checks that, so that one that has
-- ended and is written again counts for nothing.
local function end_approval(entry)
  if entry.approved then put(entry, 'act', entry.act + 1) end
  put(entry, 'approved', '0')
  drop(entry, 'approval')
  entry.approved = false
end

-- Every entry is in the index of exactly one state.
local function move(entry, state)
  if state == entry.state then return end
  if entry.state == 'queued' then
    count_queued_of(entry.share, -1)
    if entry.approved then unlist_approved(entry) end
  end
  if state == 'queued' then
    count_queued_of(entry.share, 1)
    if entry.approved then list_approved(entry) end
  end
  redis.call('ZREM', index_key(entry.provider, entry.state), entry.id)
  redis.call('ZADD', index_key(entry.provider, state), entry.number, entry.id)
  put(entry, 'state', state)
  entry.next_state = state
end

-- The fresh entries of a lane and phase take turns: groups, in each its namespaces, in each its projects. A sorted set for
-- each that has some holds those below it by turn, and a hash the parents; who was served goes behind the others.
local function new_turn() return redis.call('HINCRBY', META, 'turns', 1) end

local function add_turn(provider, phase, name, parent)
  if redis.call('HSETNX', parents_key(provider, phase), name, parent) == 0 then return false end
  redis.call('ZADD', turns_key(provider, phase, parent), new_turn(), name)
  return true
end

local function go_behind(key, name)
  if redis.call('ZCARD', key) > 1 and redis.call('ZSCORE', key, name) then redis.call('ZADD', key, new_turn(), name) end
end

-- Whoever has no fresh entry left takes no turns.
local function leave_turns(provider, phase, name)
  local parent = redis.call('HGET', parents_key(provider, phase), name)
  redis.call('HDEL', parents_key(provider, phase), name)
  redis.call('ZREM', turns_key(provider, phase, parent), name)
  if parent ~= '' and redis.call('EXISTS', turns_key(provider, phase, parent)) == 0 then
    leave_turns(provider, phase, parent)
  end
end

-- The project has a fresh entry.
local function enter_turns(provider, phase, keys)
  if not add_turn(provider, phase, keys.project, keys.namespace) then return end
  if keys.group ~= RETRIED and redis.call('HGET', parents_key(provider, phase), keys.namespace) == RETRIED then
    leave_turns(provider, phase, keys.namespace)
  end
  if add_turn(provider, phase, keys.namespace, keys.group) then add_turn(provider, phase, keys.group, '') end
end

-- The entry is fresh no more.
local function leave_queue(provider, phase, project, id)
  redis.call('ZREM', fresh_key(provider, phase, project), id)
  if redis.call('EXISTS', fresh_key(provider, phase, project)) == 0 then leave_turns(provider, phase, project) end
end

-- An entry that has `due` is in one set of its provider: a fresh one in that of its `queue`; with `asks`, which no entry
-- of phase `revoke` has, in that of what the safety valve does not stop. Equal times go by turn, which is the entry's
-- number until it is scheduled again.
local function due_set(entry)
  return entry.asks and asks_key(entry.provider) or due_key(entry.provider)
end

local function unschedule(entry)
  if not entry.due then return end
  if entry.queue then
    leave_queue(entry.provider, entry.phase, entry.queue, entry.id)
    drop(entry, 'queue')
    entry.queue = nil
  else
    redis.call('ZREM', due_set(entry), entry.turn .. ':' .. entry.id)
  end
  drop(entry, 'turn')
  drop(entry, 'due')
  drop(entry, 'asks')
end

local function schedule(entry, due, now, phase)
  unschedule(entry)
  local turn = next_number(now)
  entry.asks = phase ~= 'revoke'
  redis.call('ZADD', due_set(entry), due, turn .. ':' .. entry.id)
  put(entry, 'turn', turn)
  put(entry, 'due', due)
  if entry.asks then put(entry, 'asks', '1') end
end

-- `keys` are those of its report.
local function schedule_fresh(entry, now, phase, keys)
  unschedule(entry)
  local turn = next_number(now)
  redis.call('ZADD', fresh_key(entry.provider, phase, keys.project), turn, entry.id)
  enter_turns(entry.provider, phase, keys)
  put(entry, 'turn', turn)
  put(entry, 'due', now)
  put(entry, 'queue', keys.project)
end

local function leave_hand(entry)
  redis.call('ZREM', hand_key(entry.provider, ''), entry.id)
  if entry.share then redis.call('ZREM', hand_key(entry.provider, entry.share), entry.id) end
end

-- After this no write with that lease succeeds. If it was the lane's probe, the next entry may be let through.
local function end_lease(entry, origin)
  if not entry.lease then return end
  drop(entry, 'lease')
  leave_hand(entry)
  if redis.call('HGET', lane_key(entry.provider), 'probe') ~= entry.lease then return end
  redis.call('HDEL', lane_key(entry.provider), 'probe', 'probe_end')
  wake(entry.provider, origin)
end

local function set_progress(entry, phase, attempts, verifications, deferrals)
  put(entry, 'phase', phase)
  put(entry, 'attempts', attempts)
  put(entry, 'verifications', verifications)
  put(entry, 'deferrals', deferrals)
end

-- `why` is a list, in JSON, of what the outcome is called, its kind first: a later report may start the entry anew for
-- one of these.
local function set_outcome(entry, outcome, why)
  put(entry, 'outcome', outcome)
  put(entry, 'why', why)
  entry.next_why = why
end

local RESTARTED = { done = true, attention = true, held = true, dismissed = true }

-- Whether a report is a reason to begin with its entry once more: the outcome is called by one of these names.
local function starts_anew(state, why, names)
  if not why or not RESTARTED[state] then return false end
  if state == 'dismissed' and not string.find(why, '"ignored"', 1, true) then return false end
  for _, name in ipairs(names) do
    if string.find(why, '"' .. name .. '"', 1, true) then return true end
  end
  return false
end

-- Whether its token was dead and is to be asked about. `ended_before` is nil where nothing is.
local function needs_recheck(state, why, ended, ended_before)
  if not ended_before or state ~= 'done' or tonumber(ended) >= ended_before then return false end
  local kind = string.match(why or '', '^%["([^"]*)"')
  for _, dead in ipairs(DEAD) do
    if kind == dead then return true end
  end
  return false
end

local function clear_outcome(entry)
  drop(entry, 'outcome')
  drop(entry, 'why')
  entry.next_why = false
end

-- `ENDED` holds exactly what is done, dismissed or in attention.
local function set_ended(entry, now)
  put(entry, 'ended', now)
  redis.call('ZADD', ENDED, now, entry.id)
end

local function clear_ended(entry)
  drop(entry, 'ended')
  redis.call('ZREM', ENDED, entry.id)
end

-- One hash for each day, with a field for each hour and tally of it, and at the first hour one for each provider and tally
-- of the whole day; `DAYS` names the hashes.
local function count_in_hour(now, provider, tally, entries)
  local hour = math.floor(tonumber(now) / HOUR_MS)
  local day = math.floor(hour / 24)
  redis.call('HINCRBY', hours_key(day), (day * 24) .. ':' .. OF_PROVIDER .. provider .. '/' .. tally, entries)
  local total = redis.call('HINCRBY', hours_key(day), hour .. ':' .. tally, entries)
  if total == entries then redis.call('ZADD', DAYS, day, day) end
end

-- Persons alone have sessions, so that they are few.
local function forget_sessions(now)
  local known = redis.call('HGETALL', SESSIONS)
  for index = 1, #known, 2 do
    if tonumber(string.match(known[index + 1], '^%d+ (%d+) ')) <= tonumber(now) then
      redis.call('HDEL', SESSIONS, known[index])
    end
  end
end

-- See `reopened` of an hour.
local function count_reopened(now, provider, entries) count_in_hour(now, provider, 'reopened', entries) end

local is_told

-- Nothing is kept while there is no channel that could be told. `details` are names and values.
local function announce(at, kind, provider, details)
  if is_told == nil then is_told = redis.call('EXISTS', CHANNELS) == 1 end
  if not is_told then return end
  local number = redis.call('HINCRBY', META, 'announced', 1)
  redis.call('XADD', ANNOUNCED, 'MAXLEN', MAX_ANNOUNCEMENTS, number .. '-0',
    'at', at, 'kind', kind, 'provider', provider, unpack(details))
end

-- Announces an entry as it is stored now.
local function announce_entry(entry, kind, at)
  local outcome = redis.call('HGET', entry_key(entry.id), 'outcome')
  local details = { 'id', entry.id }
  if outcome then details = { 'id', entry.id, 'outcome', outcome } end
  announce(at, kind, entry.provider, details)
end

-- `CHANNELS` has the last announcement that each channel has confirmed, and what all of them have confirmed is deleted:
-- everything, when there is none.
local function delete_confirmed()
  local confirmed = math.huge
  for _, last in ipairs(redis.call('HVALS', CHANNELS)) do confirmed = math.min(confirmed, tonumber(last)) end
  if confirmed == math.huge then
    redis.call('DEL', ANNOUNCED)
  else
    redis.call('XTRIM', ANNOUNCED, 'MINID', string.format('%.0f-1', confirmed))
  end
end

local function forget_notices(ids)
  for _, id in ipairs(ids) do
    redis.call('ZREM', NOTICES, id)
    redis.call('HDEL', NOTICE_SUMMARIES, id)
    redis.call('HDEL', NOTICE_CONTENTS, id)
  end
end

-- Whether this lease still holds the channel.
local function holds(channel, lease)
  return redis.call('HGET', channel_key(channel), 'lease') == lease
end

-- What was revoked alive: a hash with a field for each five minutes, and with `:` and a share for those of that share.
-- Returns the buckets of the last hour, the oldest first, by share, those of the lane under an empty text; and the fields
-- of what is older.
local function revoked_in_hour(provider, now)
  local last = math.floor(tonumber(now) / VALVE_BUCKET_MS)
  local found = redis.call('HGETALL', revoked_key(provider))
  local hours, old = { [''] = {} }, {}
  for at = 1, #found, 2 do
    local number, share = string.match(found[at], '^(%d+):?(.*)$')
    local bucket = { number = tonumber(number), entries = tonumber(found[at + 1]) }
    if bucket.number <= last - VALVE_BUCKETS then
      old[#old + 1] = found[at]
    elseif bucket.number <= last then
      hours[share] = hours[share] or {}
      table.insert(hours[share], bucket)
    end
  end
  for _, hour in pairs(hours) do table.sort(hour, function(a, b) return a.number < b.number end) end
  return hours, old
end

local function sum_of(hour)
  local sum = 0
  for _, bucket in ipairs(hour) do sum = sum + bucket.entries end
  return sum
end

-- What the safety valve counts here: number of the bucket (with `:` and a share), entries, and so on; and of what is in hand
-- the end of the lease, the share (or empty), and so on.
local function valve_usage(provider)
  local hand = redis.call('ZRANGE', hand_key(provider, ''), 0, -1, 'WITHSCORES')
  local ends = {}
  for at = 1, #hand, 2 do
    ends[at] = hand[at + 1]
    ends[at + 1] = redis.call('HGET', entry_key(hand[at]), 'share') or ''
  end
  return { redis.call('HGETALL', revoked_key(provider)), ends }
end

-- When fewer than `max` are left of the sum; nil when they are fewer already.
local function opens_at(hour, sum, max)
  if sum < max then return nil end
  for _, bucket in ipairs(hour) do
    sum = sum - bucket.entries
    if sum < max then return (bucket.number + VALVE_BUCKETS) * VALVE_BUCKET_MS end
  end
end

local function count_revoked(provider, share, now)
  local key, bucket = revoked_key(provider), string.format('%.0f', math.floor(tonumber(now) / VALVE_BUCKET_MS))
  redis.call('HINCRBY', key, bucket, 1)
  if share then redis.call('HINCRBY', key, bucket .. ':' .. share, 1) end
end

local function load_lane(provider)
  local fields = redis.call('HMGET', lane_key(provider), 'epoch', 'streak', 'paused_until', 'reason', 'parked',
    'last_done', 'valve_max')
  local modes = redis.call('HMGET', MODES, provider, ALL_LANES)
  -- Before 0.2.0 the safety valve parked lanes.
  local is_free = fields[4] == 'safety-valve'
  return {
    provider = provider,
    epoch = tonumber(fields[1] or '0'),
    streak = tonumber(fields[2] or '0'),
    paused_until = tonumber(fields[3] or '0'),
    reason = not is_free and fields[4] or '',
    parked = fields[5] == '1' and not is_free,
    last_done = fields[6] or '',
    valve_max = tonumber(fields[7] or '0'),
    mode = modes[1] or modes[2] or '',
  }
end

-- Every change of a lane is a new epoch, so that a decision made on an older view does nothing.
local function save_lane(lane)
  lane.epoch = lane.epoch + 1
  redis.call('SADD', PROVIDERS, lane.provider)
  redis.call('HSET', lane_key(lane.provider), 'epoch', lane.epoch, 'streak', lane.streak,
    'paused_until', lane.paused_until, 'reason', lane.reason, 'parked', lane.parked and '1' or '0')
end

-- When the first of the shares that have had their tenth of the hour may go on; nil where none has.
local function share_opens_at(hours, max)
  local first
  local max_of_share = math.max(1, math.floor(max / 10))
  for share, hour in pairs(hours) do
    local opens = share ~= '' and opens_at(hour, sum_of(hour), max_of_share)
    if opens then first = math.min(first or opens, opens) end
  end
  return first
end

-- `hours` are the buckets of the lane and of its shares, where they were read already.
local function lane_reply(lane, now, hours)
  hours = hours or revoked_in_hour(lane.provider, now)
  local sum, max = sum_of(hours['']), lane.valve_max
  local opens, share_opens = '', ''
  if max > 0 then
    opens = opens_at(hours[''], sum, max) or ''
    share_opens = share_opens_at(hours, max) or ''
  end
  return { lane.provider, lane.epoch, lane.streak, lane.paused_until, lane.reason, lane.parked and 1 or 0,
    lane.mode, lane.last_done, sum, opens, share_opens }
end

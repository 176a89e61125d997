-- Stands before every script. Names in capitals that are not defined here come from redis-scripts.ts.
-- All keys carry the hash tag {quash}: in a Cluster they live on one node, so a script may reach all of them.
-- Numbers of 16 digits are formatted by hand: Lua 5.1 would write them with an exponent.

local META = KEYS[1]
local PROVIDERS = '{quash}:providers'
local ENDED = '{quash}:ended'
local DAYS = '{quash}:days'
local CHANNELS = '{quash}:channels'
local ANNOUNCED = '{quash}:announced'

local function entry_key(id) return '{quash}:e:' .. id end
local function sealed_key(id) return '{quash}:s:' .. id end
local function locations_key(id) return '{quash}:loc:' .. id end
local function findings_key(id) return '{quash}:f:' .. id end
local function history_key(id) return '{quash}:h:' .. id end
local function type_key(type) return '{quash}:t:' .. type end
local function due_key(provider) return '{quash}:due:' .. provider end
local function lane_key(provider) return '{quash}:lane:' .. provider end
local function index_key(provider, state) return '{quash}:i:' .. provider .. ':' .. state end
local function hours_key(day) return '{quash}:hours:' .. day end
local function channel_key(name) return '{quash}:channel:' .. name end

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
-- nothing else: most fields are not there yet (redis-replies.ts says what that means), and what is long by nature, the
-- sealed token and the locations, has keys of its own.
-- A script says what changes with `put` and `drop`, and writes it with one `save`; until then the hash is as it was.
local function load_entry(id)
  local fields = redis.call('HMGET', entry_key(id), 'state', 'provider', 'number', 'lease', 'due', 'turn')
  if not fields[1] then return nil end
  return {
    id = id,
    state = fields[1],
    provider = fields[2],
    number = fields[3],
    lease = fields[4],
    due = fields[5],
    turn = fields[6] or fields[3],
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

-- A field that is dropped and put, in whatever order, is there afterwards.
local function save(entry)
  if #entry.drops > 0 then redis.call('HDEL', entry_key(entry.id), unpack(entry.drops)) end
  if #entry.puts > 0 then redis.call('HSET', entry_key(entry.id), unpack(entry.puts)) end
end

-- The token and what the provider noted of it are gone for good.
local function erase(entry)
  redis.call('DEL', sealed_key(entry.id))
  drop(entry, 'note')
end

-- The first event of all, the report that made the entry, is not in the list: it follows from the hash.
local function append_history(id, events)
  if #events == 0 then return end
  redis.call('RPUSH', history_key(id), unpack(events))
  redis.call('LTRIM', history_key(id), -MAX_EVENTS, -1)
end

-- Every entry is in the index of exactly one state.
local function move(entry, state)
  if state == entry.state then return end
  redis.call('ZREM', index_key(entry.provider, entry.state), entry.id)
  redis.call('ZADD', index_key(entry.provider, state), entry.number, entry.id)
  put(entry, 'state', state)
end

-- An entry is in the due set of its provider exactly when it has `due`; equal times go by turn, which is the entry's
-- number until it is scheduled again.
local function unschedule(entry)
  if not entry.due then return end
  redis.call('ZREM', due_key(entry.provider), entry.turn .. ':' .. entry.id)
  drop(entry, 'turn')
  drop(entry, 'due')
end

local function schedule(entry, due, now)
  unschedule(entry)
  local turn = next_number(now)
  redis.call('ZADD', due_key(entry.provider), due, turn .. ':' .. entry.id)
  put(entry, 'turn', turn)
  put(entry, 'due', due)
end

-- After this no write with that lease succeeds. If it was the lane's probe, the next entry may be let through.
local function end_lease(entry, origin)
  if not entry.lease then return end
  drop(entry, 'lease')
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
end

local function clear_outcome(entry)
  drop(entry, 'outcome')
  drop(entry, 'why')
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

-- One hash for each day, with a field for each hour and tally of it; `DAYS` names the hashes.
local function count_in_hour(now, tally, entries)
  local hour = math.floor(tonumber(now) / HOUR_MS)
  local day = math.floor(hour / 24)
  local total = redis.call('HINCRBY', hours_key(day), hour .. ':' .. tally, entries)
  if total == entries then redis.call('ZADD', DAYS, day, day) end
end

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

-- Whether this lease still holds the channel.
local function holds(channel, lease)
  return redis.call('HGET', channel_key(channel), 'lease') == lease
end

local function load_lane(provider)
  local fields = redis.call('HMGET', lane_key(provider), 'epoch', 'streak', 'paused_until', 'reason', 'parked',
    'last_done', 'hour_start', 'hour_count')
  local modes = redis.call('HMGET', MODES, provider, ALL_LANES)
  return {
    provider = provider,
    epoch = tonumber(fields[1] or '0'),
    streak = tonumber(fields[2] or '0'),
    paused_until = tonumber(fields[3] or '0'),
    reason = fields[4] or '',
    parked = fields[5] == '1',
    last_done = fields[6] or '',
    begun_since = tonumber(fields[7] or '0'),
    begun = tonumber(fields[8] or '0'),
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

local function park(lane, reason, now)
  if not lane.parked then announce(now, 'lane-parked', lane.provider, { 'reason', reason }) end
  lane.parked = true
  lane.reason = reason
  save_lane(lane)
end

local function lane_reply(lane)
  return { lane.provider, lane.epoch, lane.streak, lane.paused_until, lane.reason, lane.parked and 1 or 0,
    lane.mode, lane.last_done, lane.begun, lane.begun_since }
end

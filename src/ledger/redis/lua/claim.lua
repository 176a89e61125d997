-- An entry has one lease at most, and a claimed one is due again when its lease ends.
-- Nothing leaves a parked or paused lane; after a pause one entry alone is out, the probe.
-- Five sources take turns, and where one has nothing the others get more: entries that go on at once; others that have
-- their time, the longest due first; fresh ones to be revoked, with those that are tried again; fresh ones to be asked
-- about; those to be verified.
-- ARGV: provider, now, limit, end of the lease, prefix of the leases, revocations per hour (0: no limit), those of one
-- share, whether nothing is to be revoked (1 or 0), and in JSON, for whoever claims in several partitions (else empty), what
-- there is elsewhere: `token` of the look that this rests on, `probing`, `epoch`, `hours`, `hand` and `lease_end`.
-- Reply: lane, the next time (or empty), whether what is in hand holds some back, claims, then valve_usage (or empty). Nil when
-- somebody else has looked meanwhile.

local provider, now, limit, lease_end, lease_prefix = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4], ARGV[5]
local most = limit
local max_per_hour, max_of_share, asks_only = tonumber(ARGV[6]), tonumber(ARGV[7]), ARGV[8] == '1'

local elsewhere = ARGV[9] ~= '' and cjson.decode(ARGV[9])
if elsewhere and redis.call('HGET', lane_key(provider), 'claimer') ~= elsewhere.token then return nil end

local lane = load_lane(provider)
local claims = {}

-- What may be revoked: of the lane, and of each share that was asked for.
local hour_of, revoked, in_hand = {}, {}, {}

local function reply(next_at, surplus)
  local text = next_at == math.huge and '' or string.format('%.0f', next_at)
  local usage = elsewhere and valve_usage(provider) or ''
  return { lane_reply(lane, now, hour_of[''] and hour_of), text, surplus and 1 or 0, claims, usage }
end

local function first_lease_end()
  local first = redis.call('ZRANGEBYSCORE', hand_key(provider, ''), '(' .. ARGV[2], '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
  return math.min(tonumber(first[2] or math.huge), elsewhere and elsewhere.lease_end or math.huge)
end

local function look_into_hour()
  local hours, old = revoked_in_hour(provider, now)
  for share, hour in pairs(hours) do
    hour_of[share], revoked[share] = hour, sum_of(hour)
  end
  for _, field in ipairs(old) do redis.call('HDEL', revoked_key(provider), field) end
  for share, buckets in pairs(elsewhere and elsewhere.hours or {}) do
    local hour = hour_of[share] or {}
    for _, bucket in ipairs(buckets) do hour[#hour + 1] = { number = bucket.bucket, entries = bucket.entries } end
    table.sort(hour, function(a, b) return a.number < b.number end)
    hour_of[share], revoked[share] = hour, sum_of(hour)
  end
end

-- `share` is empty for the lane.
local function entries_of(share)
  in_hand[share] = in_hand[share] or redis.call('ZCOUNT', hand_key(provider, share), '(' .. ARGV[2], '+inf')
    + (elsewhere and elsewhere.hand[share] or 0)
  return (revoked[share] or 0) + in_hand[share]
end

local function max_of(share) return share == '' and max_per_hour or max_of_share end

local function is_full(share)
  if asks_only then return true end
  return max_per_hour > 0 and entries_of(share) >= max_of(share)
end

local function is_share_full(share)
  return share ~= nil and share ~= false and share ~= '' and is_full(share)
end

local function is_full_by_hand(share) return (revoked[share] or 0) < max_of(share) end

-- Of what is full: when there may be room again.
local function opens(share)
  local hour = hour_of[share] or {}
  local at = opens_at(hour, revoked[share] or 0, max_of(share))
  if at then return at end
  return math.min(first_lease_end(), hour[1] and (hour[1].number + VALVE_BUCKETS) * VALVE_BUCKET_MS or math.huge)
end

local function take_in_hand(id, share)
  for _, each in ipairs({ '', share or nil }) do
    redis.call('ZADD', hand_key(provider, each), lease_end, id)
    if in_hand[each] then in_hand[each] = in_hand[each] + 1 end
  end
end

-- What has its time within a band of scores. Nothing more gets it while this claim is made, so where fewer come there are
-- no further ones.
local function read_due(key, band, count)
  local found = redis.call('ZRANGEBYSCORE', key, band.min, band.max, 'WITHSCORES', 'LIMIT', 0, count)
  local list = { first = 1, is_last = #found < 2 * count }
  for at = 1, #found, 2 do
    -- Behind a turn of 16 digits and a colon.
    list[#list + 1] = { member = found[at], due = tonumber(found[at + 1]), id = string.sub(found[at], 18) }
  end
  return list
end

-- The longest due first, and of those the first that came.
local function comes_before(a, b)
  if a.due ~= b.due then return a.due < b.due end
  return a.member < b.member
end

local at_once_to = string.format('%.0f', now - AT_ONCE_AHEAD_MS)
local at_once = { min = '-inf', max = at_once_to, revokes = { first = 1 }, put_aside = 0 }
local later = { min = '(' .. at_once_to, max = ARGV[2], revokes = { first = 1 }, put_aside = 0 }

local function first_revoke(band)
  while not is_full('') do
    if not band.revokes[band.revokes.first] and not band.revokes.is_last then
      band.revokes = read_due(due_key(provider), band, limit)
    end
    local first = band.revokes[band.revokes.first]
    if not first then return nil end
    local share = redis.call('HGET', entry_key(first.id), 'share')
    if not is_share_full(share) then return first end
    if band.put_aside == MAX_PUT_ASIDE then return nil end
    -- It comes again when its share has room; behind it there are those of others. A lease from before the clock was set
    -- back would end too late.
    local until_then = string.format('%.0f', math.min(opens(share), now + HOUR_MS))
    redis.call('ZADD', due_key(provider), until_then, first.member)
    redis.call('HSET', entry_key(first.id), 'due', until_then)
    band.put_aside = band.put_aside + 1
    band.revokes.first = band.revokes.first + 1
  end
end

local function next_timed(band)
  band.asks = band.asks or read_due(asks_key(provider), band, limit)
  local ask, revoke = band.asks[band.asks.first], first_revoke(band)
  local list = band.asks
  if revoke and not (ask and comes_before(ask, revoke)) then list = band.revokes end
  local place = list[list.first]
  if not place or (list == band.revokes and place ~= revoke) then return nil end
  list.first = list.first + 1
  if redis.call('HEXISTS', entry_key(place.id), 'state') == 1 then return place.id end
  -- Redis has evicted it; its place would be the first one for ever.
  redis.call('ZREM', list == band.asks and asks_key(provider) or due_key(provider), place.member)
  return next_timed(band)
end

-- The name of the project where it was found first; empty for none.
local function first_project(id)
  local place = redis.call('LINDEX', places_key(id), 0)
  return place and project_of(place) or ''
end

-- What is tried again takes turns as what is fresh does, and what is to be asked about again, the longest due first. What
-- somebody may still have in hand goes by its time.
local function join_turns(due)
  for _, place in ipairs(read_due(due, later, MAX_JOINING)) do
    local state, lease, share, phase = unpack(redis.call('HMGET', entry_key(place.id), 'state', 'lease', 'share', 'phase'))
    if state and not lease then
      local namespace, turn = share or NO_NAMESPACE, next_number(now)
      local project = namespace .. '/' .. RETRIED .. '/' .. first_project(place.id)
      local keys = { group = RETRIED, namespace = namespace, project = project }
      phase = phase or 'revoke'
      redis.call('ZREM', due, place.member)
      redis.call('ZADD', fresh_key(provider, phase, keys.project), turn, place.id)
      redis.call('HSET', entry_key(place.id), 'queue', keys.project, 'turn', turn)
      enter_turns(provider, phase, keys)
    end
  end
end

-- What is fresh: who comes first of each level, but for namespaces that have to wait.
local function next_path(phase)
  for _, group in ipairs(redis.call('ZRANGE', turns_key(provider, phase, ''), 0, -1)) do
    local key, at = turns_key(provider, phase, group), 0
    local namespace = redis.call('ZRANGE', key, 0, 0)[1]
    while namespace and phase == 'revoke' and is_share_full(namespace) do
      at = at + 1
      namespace = redis.call('ZRANGE', key, at, at)[1]
    end
    if namespace then
      return group, namespace, redis.call('ZRANGE', turns_key(provider, phase, namespace), 0, 0)[1]
    end
  end
end

local function is_alone(key) return redis.call('ZCARD', key) == 1 end

-- By phase: a project that takes no turns with others, and its next entries. Nothing else comes while this claim is made.
local alone = {}

local function next_alone(phase)
  local project = alone[phase]
  if phase == 'revoke' and is_share_full(project.namespace) then return nil end
  local id = project.ids[project.first]
  project.first = project.first + 1
  if project.ids[project.first] then
    redis.call('ZREM', fresh_key(provider, phase, project.name), id)
  else
    alone[phase] = nil
    leave_queue(provider, phase, project.name, id)
  end
  return id
end

local function next_fresh(phase)
  if phase == 'revoke' and is_full('') then return nil end
  if alone[phase] then return next_alone(phase) end
  local group, namespace, project = next_path(phase)
  if not project then return nil end
  local groups, namespaces = turns_key(provider, phase, ''), turns_key(provider, phase, group)
  local projects, queue = turns_key(provider, phase, namespace), fresh_key(provider, phase, project)
  if is_alone(groups) and is_alone(namespaces) and is_alone(projects) then
    local ids = redis.call('ZRANGE', queue, 0, limit - #claims - 1)
    alone[phase] = { name = project, namespace = namespace, ids = ids, first = 1 }
    return next_alone(phase)
  end
  local id = redis.call('ZRANGE', queue, 0, 0)[1]
  leave_queue(provider, phase, project, id)
  go_behind(projects, project)
  go_behind(namespaces, namespace)
  go_behind(groups, group)
  return id
end

local function take(id, lease)
  local fields = redis.call('HMGET', entry_key(id), 'kind', 'note', 'approved', 'state', 'first_reported',
    'phase', 'attempts', 'verifications', 'deferrals', 'turn', 'number', 'asks', 'share', 'queue',
    'approval', 'act')
  -- Of what Redis has evicted nothing is left to be done; it has left its queue.
  if not fields[4] then return end
  local phase = fields[6] or 'revoke'
  local entry = { provider = provider, asks = fields[12] or (fields[14] and phase ~= 'revoke') }
  if fields[14] then
    redis.call('HDEL', entry_key(id), 'queue')
    if entry.asks then redis.call('HSET', entry_key(id), 'asks', '1') end
  end
  redis.call('ZADD', due_set(entry), lease_end, (fields[10] or fields[11]) .. ':' .. id)
  redis.call('HSET', entry_key(id), 'lease', lease, 'due', lease_end)
  if phase == 'revoke' then take_in_hand(id, fields[13]) end
  claims[#claims + 1] = { id, lease, redis.call('GET', sealed_key(id)), fields[15], fields[16], unpack(fields, 1, 9) }
end

local sources = {
  function() return next_timed(at_once) end,
  function() return next_timed(later) end,
  function() return next_fresh('revoke') end,
  function() return next_fresh('recheck') end,
  function() return next_fresh('verify') end,
}

-- Sources that have nothing, and will not while this claim is made.
local empty = {}

local function next_of(first)
  for step = 0, #sources - 1 do
    local source = (first + step) % #sources
    local id = not empty[source] and sources[source + 1]()
    if id then return id, (source + 1) % #sources end
    empty[source] = true
  end
end

local function has_fresh(phase) return redis.call('EXISTS', turns_key(provider, phase, '')) == 1 end

local function first_due(key)
  return tonumber(redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')[2] or math.huge)
end

local function after_valve()
  if asks_only then return math.huge, false end
  local due = has_fresh('revoke') and now or first_due(due_key(provider))
  return math.max(due, opens('')), due <= now and is_full_by_hand('')
end

local function after_shares()
  local at, by_hand = first_due(due_key(provider)), false
  for _, group in ipairs(redis.call('ZRANGE', turns_key(provider, 'revoke', ''), 0, -1)) do
    for _, namespace in ipairs(redis.call('ZRANGE', turns_key(provider, 'revoke', group), 0, -1)) do
      if not is_share_full(namespace) then return now, by_hand end
      at = math.min(at, opens(namespace))
      by_hand = by_hand or is_full_by_hand(namespace)
    end
  end
  return at, by_hand
end

-- When a claim that brought less than was asked for may bring more.
local function after_claim()
  local has_asks = has_fresh('recheck') or has_fresh('verify')
  local asks_at = has_asks and now or first_due(asks_key(provider))
  local revokes_at, by_hand = (is_full('') and after_valve or after_shares)()
  return reply(math.min(asks_at, revokes_at), by_hand)
end

if lane.valve_max ~= max_per_hour then
  lane.valve_max = max_per_hour
  redis.call('HSET', lane_key(provider), 'valve_max', max_per_hour)
end
local probing = lane.streak > 0
if elsewhere then
  -- Whoever claims in several partitions knows from the lane's home that it may.
  probing = elsewhere.probing
else
  if lane.parked then return reply(math.huge, false) end
  if lane.paused_until > now then return reply(lane.paused_until, false) end
  local probe_end = tonumber(redis.call('HGET', lane_key(provider), 'probe_end') or '0')
  -- No lease is longer: one that seems so was made by a clock that was ahead, and may be of a worker that is gone.
  if probing and probe_end > now and probe_end <= tonumber(lease_end) then return reply(probe_end, false) end
end
if probing then limit = math.min(limit, 1) end

look_into_hour()
join_turns(due_key(provider))
join_turns(asks_key(provider))
local next_source = tonumber(redis.call('HGET', lane_key(provider), 'next_source') or '0')
local source = next_source
while #claims < limit do
  local id, following = next_of(source)
  if not id then break end
  source = following
  take(id, lease_prefix .. '-' .. (#claims + 1))
end
if source ~= next_source then redis.call('HSET', lane_key(provider), 'next_source', source) end

if probing and claims[1] then
  redis.call('HSET', lane_key(provider), 'probe', claims[1][2], 'probe_end', lease_end,
    'probe_epoch', elsewhere and elsewhere.epoch or lane.epoch)
end
if #claims == most then return reply(now, false) end
if probing and claims[1] then return reply(tonumber(lease_end), false) end
return after_claim()

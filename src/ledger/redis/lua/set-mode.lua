-- ARGV: provider or ALL_LANES, mode (empty: as configured).
-- Reply: 1 when more approvals may have to end, which the same call does; else 0.

local ENDED_AT_ONCE = 1000

local provider, mode = ARGV[1], ARGV[2]
if provider ~= ALL_LANES then redis.call('SADD', PROVIDERS, provider) end
if mode == '' then
  redis.call('HDEL', MODES, provider)
else
  redis.call('HSET', MODES, provider, mode)
end

-- What is not queued keeps its approval, and is listed again with it. Earlier versions listed some of that, too.
-- Returns how many were looked at.
local function end_approvals(of, limit)
  local ids = redis.call('SPOP', approved_key(of), limit)
  for _, id in ipairs(ids) do
    local entry = load_entry(id)
    if entry and entry.state == 'queued' then
      end_approval(entry)
      save(entry)
    end
  end
  return #ids
end

local left = ENDED_AT_ONCE

if mode == 'hold' or mode == 'dry-run' then
  local all = provider == ALL_LANES and redis.call('SMEMBERS', PROVIDERS) or { provider }
  for _, of in ipairs(all) do
    if left > 0 then left = left - end_approvals(of, left) end
  end
end
return left == 0 and 1 or 0

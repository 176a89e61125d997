-- ARGV: provider or ALL_LANES, mode (empty: as configured).

local provider, mode = ARGV[1], ARGV[2]
if provider ~= ALL_LANES then redis.call('SADD', PROVIDERS, provider) end
if mode == '' then
  redis.call('HDEL', MODES, provider)
else
  redis.call('HSET', MODES, provider, mode)
end

-- What is not queued keeps its approval, and is listed again with it. Earlier versions listed some of that, too.
local function end_approvals(of)
  for _, id in ipairs(redis.call('SMEMBERS', approved_key(of))) do
    local entry = load_entry(id)
    if entry and entry.state == 'queued' then
      end_approval(entry)
      save(entry)
    end
  end
  redis.call('DEL', approved_key(of))
end

if mode == 'hold' or mode == 'dry-run' then
  local all = provider == ALL_LANES and redis.call('SMEMBERS', PROVIDERS) or { provider }
  for _, of in ipairs(all) do end_approvals(of) end
end
return 1

-- Every provider that ever had an entry or a change of its lane.
-- ARGV: now.

local lanes = {}
for _, provider in ipairs(redis.call('SMEMBERS', PROVIDERS)) do
  lanes[#lanes + 1] = lane_reply(load_lane(provider), ARGV[1])
end
return lanes

-- Opens the lane after a pause, unless something else happened to it since `epoch`. A parked one stays parked. Of one that
-- goes on in part the reason stays, until what waited for it goes on, too.
-- ARGV: provider, epoch, origin, now, how.

local lane, how = load_lane(ARGV[1]), ARGV[5]
local ends_part = lane.streak == 0 and lane.reason ~= '' and not lane.parked and how == 'recovered'
if lane.epoch ~= tonumber(ARGV[2]) or (lane.streak == 0 and not ends_part) then return 0 end
lane.streak = 0
lane.paused_until = 0
if not lane.parked then
  if how ~= 'in-part' then lane.reason = '' end
  announce(ARGV[4], 'lane-resumed', lane.provider, { 'reason', how })
end
save_lane(lane)
wake(lane.provider, ARGV[3])
return 1

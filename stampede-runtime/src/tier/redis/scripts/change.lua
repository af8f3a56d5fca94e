-- Removes or replaces a value, whoever has the lease: that load has begun before this.
-- ARGV: the value, for how long (0 removes it), when this was sent, how late it may be.
redis.call('DEL', KEYS[1], KEYS[2])
local delay = late(ARGV[3])
if ARGV[2] ~= '0' and delay <= tonumber(ARGV[4]) then
  redis.call('SET', KEYS[1], ARGV[1], 'PX', math.max(1, ARGV[2] - delay))
end
notify('v')
return 1

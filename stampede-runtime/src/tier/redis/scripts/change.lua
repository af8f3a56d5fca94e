-- Removes or replaces a value, whoever has the lease: that load has begun before this.
-- ARGV: the value, for how long (0 removes it), the last moment at which to store it.
redis.call('DEL', KEYS[1], KEYS[2])
if ARGV[2] ~= '0' and now() <= tonumber(ARGV[3]) then
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
end
notify('v')
return 1

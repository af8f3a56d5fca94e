-- ARGV: the token, for how long.
if lease() ~= ARGV[1] then
  return 0
end
redis.call('PEXPIRE', KEYS[2], ARGV[2])
redis.call('PEXPIRE', KEYS[3], 2 * ARGV[2])
return 1

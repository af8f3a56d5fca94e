-- ARGV: the token, what is told to those who wait.
if lease() ~= ARGV[1] then
  return 0
end
redis.call('DEL', KEYS[2])
notify(ARGV[2])
return 1

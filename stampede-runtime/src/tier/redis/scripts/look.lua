-- Reads a value, and takes the lease.
-- ARGV: a token or nothing, for how long, `1` to take it over a value, the caller's inbox, when this was sent, and
-- how late it may be.
-- Returns: the time, whether there is a value, the value, how long it remains, `free`, `held` or `taken`, how long that is so.
local time = now()
local value, odd = get(KEYS[1])
local remaining = -2
if value then
  remaining = redis.call('PTTL', KEYS[1])
end
local answer = {time, value and 1 or 0, value or '', remaining, 'free', 0}
if ARGV[1] == '' or (value and ARGV[3] ~= '1') or late(ARGV[5]) > tonumber(ARGV[6]) then
  return answer
end
local token = lease()
if not token or token == ARGV[1] then
  redis.call('SET', KEYS[2], ARGV[1] .. ' ' .. digest(value, odd), 'PX', ARGV[2])
  answer[5] = 'held'
  return answer
end
local left = redis.call('PTTL', KEYS[2])
if left < 0 then
  -- It was not taken by us: ours run out.
  left = tonumber(ARGV[2])
  redis.call('PEXPIRE', KEYS[2], left)
end
if type(redis.pcall('SADD', KEYS[3], ARGV[4])) == 'table' then
  -- An error: it is no set.
  redis.call('DEL', KEYS[3])
  redis.call('SADD', KEYS[3], ARGV[4])
end
redis.call('PEXPIRE', KEYS[3], left + tonumber(ARGV[2]))
answer[5] = 'taken'
answer[6] = left
return answer

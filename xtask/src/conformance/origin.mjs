// Starts the suite's origin server on a free port of the loopback interface; the server itself would listen on all interfaces.
import http from 'node:http'

const listen = http.Server.prototype.listen
http.Server.prototype.listen = function () {
  return listen.call(this, 0, '127.0.0.1')
}
await import('./node_modules/http-cache-tests/server/server.mjs')

// The backend `lists`: a minimal MCP server whose list of tools has 15 MB. It listens on 127.0.0.1:$PORT.
import { createServer } from 'node:http';

const VALUES = Array(4_900_000).fill('[]').join(',');
const LIST = Buffer.from(
  `{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"get_a","inputSchema":{"enum":[${VALUES}]}},{"name":"drop_it"}]}}`,
);
const OTHER = Buffer.from('{"jsonrpc":"2.0","id":1,"result":{}}');

createServer((request, response) => {
  let text = '';
  request.setEncoding('utf8').on('data', (part: string) => {
    if (text.length < 200) text += part;
  });
  request.on('end', () => {
    const body = text.includes('"tools/list"') ? LIST : OTHER;
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }).end(body);
  });
}).listen(Number(process.env.PORT), '127.0.0.1');

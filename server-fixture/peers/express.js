// The textbook's connection management and broadcast, as it is, and a route that calls broadcast:
// the textbook only calls it from inside.
const express = require('express');
const app = express();
app.use(express.json());
const clients = new Map();

app.get('/events', (req, res) => {
  res.setHeader('Content-Type', 'text/event-stream');
  res.setHeader('Cache-Control', 'no-cache');
  res.setHeader('Connection', 'keep-alive');
  const clientId = Date.now() + Math.random();
  clients.set(clientId, { res, connectedAt: Date.now() });
  res.write(`data: ${JSON.stringify({ type: 'connected', clientId })}\n\n`);
  const heartbeatId = setInterval(() => {
    res.write(': heartbeat\n\n');
  }, 30000);
  req.on('close', () => {
    clearInterval(heartbeatId);
    clients.delete(clientId);
  });
});

const broadcast = (eventType, data) => {
  const message = `event: ${eventType}\ndata: ${JSON.stringify(data)}\n\n`;
  clients.forEach((client, clientId) => {
    try {
      client.res.write(message);
    } catch (error) {
      console.error(`Error sending to client ${clientId}:`, error);
      clients.delete(clientId);
    }
  });
};

app.post('/publish', (req, res) => {
  broadcast(req.body.type, req.body.data);
  res.json({});
});

const server = app.listen(process.env.PORT, '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});

// Create EventSource connection
const eventSource = new EventSource('/events');

// Listen for "message" events (default)
eventSource.addEventListener('message', (event) => {
    console.log('New message:', event.data);
    console.log('Event ID:', event.lastEventId);
});

// Listen for custom events
eventSource.addEventListener('update', (event) => {
    const data = JSON.parse(event.data);
    console.log('Update:', data);
});

// Connection opened
eventSource.addEventListener('open', () => {
    console.log('Connection opened');
});

// Connection error
eventSource.addEventListener('error', (error) => {
    console.error('EventSource error:', error);
    
    switch (eventSource.readyState) {
        case EventSource.CONNECTING:
            console.log('Reconnecting...');
            break;
        case EventSource.CLOSED:
            console.log('Connection closed');
            break;
    }
});

// Close connection manually
const closeConnection = () => {
    eventSource.close();
    console.log('Connection closed');
};

class AuthenticatedEventSource {
    constructor(url, token) {
        this.url = url;
        this.token = token;
        this.listeners = new Map();
        this.connect();
    }
    
    async connect() {
        const response = await fetch(this.url, {
            headers: {
                'Authorization': `Bearer ${this.token}`,
                'Accept': 'text/event-stream'
            }
        });
        
        const reader = response.body.getReader();
        const decoder = new TextDecoder();
        
        let buffer = '';
        
        while (true) {
            const { done, value } = await reader.read();
            
            if (done) break;
            
            buffer += decoder.decode(value, { stream: true });
            
            const lines = buffer.split('\n\n');
            buffer = lines.pop(); // Keep incomplete event
            
            for (const line of lines) {
                this.processEvent(line);
            }
        }
    }
    
    processEvent(eventText) {
        const lines = eventText.split('\n');
        let event = { type: 'message', data: '' };
        
        for (const line of lines) {
            if (line.startsWith('event:')) {
                event.type = line.slice(6).trim();
            } else if (line.startsWith('data:')) {
                event.data += line.slice(5).trim() + '\n';
            } else if (line.startsWith('id:')) {
                event.id = line.slice(3).trim();
            }
        }
        
        event.data = event.data.trim();
        
        const listeners = this.listeners.get(event.type) || [];
        listeners.forEach(callback => callback(event));
    }
    
    addEventListener(type, callback) {
        if (!this.listeners.has(type)) {
            this.listeners.set(type, []);
        }
        this.listeners.get(type).push(callback);
    }
}

// Usage
const sse = new AuthenticatedEventSource('/events', 'jwt-token');
sse.addEventListener('message', (event) => {
    console.log('Message:', event.data);
});

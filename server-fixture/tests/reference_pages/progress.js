const startTask = async () => {
    // Start task
    const response = await fetch('/api/tasks', { method: 'POST' });
    const { taskId } = await response.json();
    
    // Listen for progress
    const eventSource = new EventSource(`/api/tasks/${taskId}/progress`);
    
    eventSource.addEventListener('message', (event) => {
        const task = JSON.parse(event.data);
        
        console.log(`Progress: ${task.progress}%`);
        
        if (task.status === 'completed') {
            console.log('Task completed:', task.result);
            eventSource.close();
        } else if (task.status === 'failed') {
            console.error('Task failed');
            eventSource.close();
        }
    });
};

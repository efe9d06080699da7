"""Makes what the functions need from settings; nothing else of them chooses an adapter."""

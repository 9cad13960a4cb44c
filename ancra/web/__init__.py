"""What runs in a browser: the scripts of the app's widgets and of exported pages, and what joins them."""

"""Random lives of small worlds, asked through every face of the service: nobody learns what he may not read, nor what is over."""

# What scripts/compose needs to lose packets one way: run in the network namespace of a node's container, which has no such rights itself.
FROM mcr.microsoft.com/dotnet/aspnet:10.0
RUN apt-get update && apt-get install --yes --no-install-recommends iptables && rm -rf /var/lib/apt/lists/*
ENTRYPOINT []

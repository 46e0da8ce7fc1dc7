# RaftStream in a container: one node. Settings come from the environment, see docker-compose.yml.
#
#   docker build --tag raftstream .
#   docker run --read-only --publish 127.0.0.1:9090:9090 --publish 127.0.0.1:9092:9092 --volume raftstream:/var/lib/raftstream \
#     --env RAFTSTREAM__GRPC__ADVERTISED__ENDPOINT=localhost:9090 --env RAFTSTREAM__ADVERTISED__LISTENERS=PLAINTEXT://localhost:9092 raftstream

# What restoring needs, so that packages are fetched again only when a project file changes.
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS projects
WORKDIR /source
COPY . .
RUN find src -type f ! -name '*.csproj' ! -name '*.props' -delete && rm -rf proto scripts

FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /source
RUN case "$(uname -m)" in x86_64) echo linux-x64 ;; aarch64) echo linux-arm64 ;; *) uname -m >&2; exit 1 ;; esac >/runtime
COPY --from=projects /source .
RUN dotnet restore src/Apps/RaftStream.Cli --runtime "$(cat /runtime)" --property:PublishReadyToRun=true
COPY . .
# Style and documentation are checked where the tests are.
RUN dotnet publish src/Apps/RaftStream.Cli --configuration Release --runtime "$(cat /runtime)" --no-self-contained --no-restore \
      --property:RunAnalyzers=false --property:GenerateDocumentationFile=false --property:DebugType=none \
      --output /raftstream

FROM mcr.microsoft.com/dotnet/aspnet:10.0
# The codecs call these two; most base images have them.
RUN { ldconfig -p | grep -q 'libzstd\.so\.1' && ldconfig -p | grep -q 'liblz4\.so\.1'; } \
      || { apt-get update && apt-get install --yes --no-install-recommends libzstd1 liblz4-1 && rm -rf /var/lib/apt/lists/*; }
COPY --from=build /raftstream /opt/raftstream
COPY scripts/container-entrypoint /usr/local/bin/
# A new volume gets the owner of the folder that it covers.
RUN ln -s /opt/raftstream/raftstream /usr/local/bin/raftstream \
      && install -d -o 1654 -g 1654 /var/lib/raftstream /var/lib/raftstream-receipts
# Loopback is nobody else's in a container, so all ports are open inside; what is published is up to who runs it.
ENV RAFTSTREAM__DATA__DIR=/var/lib/raftstream \
    RAFTSTREAM__GRPC__HOST=* \
    RAFTSTREAM__LISTENERS=PLAINTEXT://:9092 \
    RAFTSTREAM__HTTP__HOST=*
USER 1654:1654
WORKDIR /var/lib/raftstream
VOLUME /var/lib/raftstream
EXPOSE 9090 9092 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=5s --start-period=60s --retries=3 CMD ["raftstream", "health"]
ENTRYPOINT ["container-entrypoint"]
CMD ["server"]

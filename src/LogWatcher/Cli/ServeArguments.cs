using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using LogWatcher.Http2;

namespace LogWatcher.Cli;

/// <summary>A file that the command line names and that can't be used; the text says which and why.</summary>
internal sealed class UnusableFileException(string message) : Exception(message);

/// <summary>What the command line asks of the HTTP/2 door alone.</summary>
internal sealed record ServeArguments
{
    public const string Command = "serve";

    // On this machine only, and the port that gRPC's own examples use.
    private const string DefaultAddress = "127.0.0.1:50051";

    public IReadOnlyList<ListenAddress> Listen { get; init; } = [];

    /// <summary>The file of the certificate, in PEM, with those that lead to a known one behind it.</summary>
    public string? Certificate { get; init; }

    /// <summary>The file of its key, in PEM.</summary>
    public string? Key { get; init; }

    /// <summary>Whether others on the network may be served without TLS.</summary>
    public bool IsInsecure { get; init; }

    public int MaxStreams { get; init; } = ServeOptions.DefaultMaxStreams;

    public int MaxCalls { get; init; } = ServeOptions.DefaultMaxCalls;

    public int? MaxMessageBytes { get; init; }

    public IReadOnlyList<string> Origins { get; init; } = [];

    /// <summary>Takes an option; null: it is none of this door's.</summary>
    /// <exception cref="UsageException">Its value is missing or none.</exception>
    public ServeArguments? Read(ArgumentReader reader) => reader.Name switch
    {
        "--listen" => this with { Listen = [.. Listen, Address(reader.Value())] },
        "--cert" => this with { Certificate = reader.Value() },
        "--key" => this with { Key = reader.Value() },
        "--insecure" => this with { IsInsecure = reader.Flag() },
        "--max-streams" => this with { MaxStreams = reader.Integer(1, 1_000_000) },
        "--max-calls" => this with { MaxCalls = reader.Integer(1, 1_000_000) },
        "--max-message-bytes" => this with { MaxMessageBytes = reader.Integer(1, 1024 * 1024 * 1024) },
        "--cors" => this with { Origins = [.. Origins, Origin(reader.Value())] },
        _ => null,
    };

    /// <summary>The same, once it is known that all goes together; with the address if none was given.</summary>
    /// <exception cref="UsageException">It does not.</exception>
    public ServeArguments Checked()
    {
        if (Certificate is null != Key is null)
        {
            throw new UsageException("--cert and --key go together");
        }

        var listen = Listen.Count > 0 ? Listen : [Address((Certificate is null ? "http://" : "https://") + DefaultAddress)];
        foreach (var address in listen)
        {
            if (address.IsTls && Certificate is null)
            {
                throw new UsageException($"{address} needs --cert and --key");
            }

            if (!address.IsTls && !address.IsLocal && !IsInsecure)
            {
                throw new UsageException($"{address} would serve others without TLS: give --cert and --key and listen on https://, or say --insecure");
            }
        }

        return Certificate is null || listen.Any(address => address.IsTls)
            ? this with { Listen = listen }
            : throw new UsageException("--cert and --key are for an address with https://, and none is given");
    }

    /// <summary>What the door is told: with the certificate out of its files.</summary>
    /// <exception cref="UnusableFileException">They can't be read, or are none.</exception>
    public ServeOptions ToOptions(TimeSpan grace)
    {
        var options = new ServeOptions
        {
            Listen = Listen,
            Certificates = Certificate is null ? null : ReadCertificates(Certificate, Key!),
            MaxStreams = MaxStreams,
            MaxCalls = MaxCalls,
            Grace = grace,
            Origins = Origins,
        };
        return MaxMessageBytes is { } bytes ? options with { MaxMessageBytes = bytes } : options;
    }

    private static ListenAddress Address(string text) =>
        ListenAddress.TryParse(text, out var address)
            ? address
            : throw new UsageException($"--listen must be {ListenAddress.Expected}, not \"{text}\"");

    private static string Origin(string text) =>
        text == "*" || (Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.GetLeftPart(UriPartial.Authority) == text)
            ? text
            : throw new UsageException($"--cors must be an origin such as https://example.org, or *, not \"{text}\"");

    private static X509Certificate2Collection ReadCertificates(string certificate, string key)
    {
        try
        {
            var chain = new X509Certificate2Collection();
            chain.ImportFromPemFile(certificate);
            return [X509Certificate2.CreateFromPemFile(certificate, key), .. chain.Skip(1)];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw new UnusableFileException($"the certificate of {certificate} and {key} can't be used: {exception.Message}");
        }
    }
}

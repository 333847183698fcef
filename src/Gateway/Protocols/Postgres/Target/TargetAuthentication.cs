using System.Security.Cryptography;
using System.Text;
using Sallyport.Gateway.Protocols.Postgres.Messages;
using Sallyport.Gateway.Targets;
using Sallyport.Gateway.Transport;

namespace Sallyport.Gateway.Protocols.Postgres.Target;

/// <summary>
/// The gateway's side of authenticating to a target: nothing (trust), SCRAM-SHA-256 with or without channel binding, MD5,
/// or the password itself, that one only inside TLS.
/// </summary>
internal sealed class TargetAuthentication(PostgresTargetOptions options, string password, TlsFacts? tls, ScramKeyCache keys)
{
    private const int MaxMechanisms = 16;

    private ScramClient? _scram;
    private bool _answered;

    /// <summary>The server has said that authentication is complete, and has proved what the method lets it prove.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>Takes the body of one Authentication message; returns the message to answer with, or null.</summary>
    /// <exception cref="TargetUnavailableException">The method is not supported, or the server failed its part of it.</exception>
    public async ValueTask<byte[]?> AnswerAsync(ReadOnlyMemory<byte> body)
    {
        var request = new MessageReader(body.Span).Int32();
        var data = body[sizeof(int)..];
        if (IsComplete)
        {
            throw new PostgresProtocolException("an authentication request after authentication");
        }

        switch (request)
        {
            case AuthenticationRequest.Ok:
                Complete();
                return null;
            case AuthenticationRequest.CleartextPassword when !_answered:
                _answered = true;
                return tls is not null
                    ? Password(Encoding.UTF8.GetBytes(password))
                    : throw Fail("asks for the password itself on an unencrypted connection. Turn on TLS, or SCRAM on the server.");
            case AuthenticationRequest.Md5Password when !_answered && data.Length == 4:
                _answered = true;
                return Password(Md5Password.Answer(options.User, password, data.Span));
            case AuthenticationRequest.Sasl when !_answered:
                _answered = true;
                return BeginScram(data.Span);
            case AuthenticationRequest.SaslContinue when _scram is not null:
                return SaslResponse(await _scram.ContinueAsync(data, password, keys));
            case AuthenticationRequest.SaslFinal when _scram is not null:
                _scram.Finish(data.Span);
                return null;
            case AuthenticationRequest.CleartextPassword or AuthenticationRequest.Md5Password or AuthenticationRequest.Sasl
                or AuthenticationRequest.SaslContinue or AuthenticationRequest.SaslFinal:
                throw new PostgresProtocolException("an authentication request out of order");
            default:
                throw Fail($"asks for an authentication method the gateway does not have (code {request}).");
        }
    }

    private static byte[] Password(ReadOnlySpan<byte> secret)
    {
        var buffer = new MessageBuffer();
        buffer.Begin(FrontendMessage.Password).CString(secret).End();
        return Take(buffer);
    }

    private static byte[] SaslResponse(ReadOnlySpan<byte> data)
    {
        var buffer = new MessageBuffer();
        buffer.Begin(FrontendMessage.Password).Bytes(data).End();
        return Take(buffer);
    }

    private static byte[] Take(MessageBuffer buffer)
    {
        var bytes = buffer.Written.ToArray();
        buffer.Clear();
        return bytes;
    }

    private void Complete()
    {
        // A server that skips its signature may be one that does not know the password.
        if (_scram is { IsServerProven: false })
        {
            throw Fail("did not prove that it knows the gateway's credential.");
        }

        IsComplete = true;
    }

    private byte[] BeginScram(ReadOnlySpan<byte> mechanisms)
    {
        var offered = new List<string>();
        var reader = new MessageReader(mechanisms);
        for (var name = reader.CString(); !name.IsEmpty; name = reader.CString())
        {
            if (offered.Count == MaxMechanisms)
            {
                throw new PostgresProtocolException("too many SASL mechanisms");
            }

            offered.Add(Encoding.ASCII.GetString(name));
        }

        _scram = ScramClient.Choose(options, offered, tls?.ServerEndPointBinding)
            ?? throw Fail("offers no SASL mechanism the gateway has.");
        var first = _scram.FirstMessage;
        var buffer = new MessageBuffer();
        buffer.Begin(FrontendMessage.Password).CString(_scram.Mechanism).Int32(first.Length).Bytes(first).End();
        return Take(buffer);
    }

    private TargetUnavailableException Fail(string what) => new(TargetFailure.Authentication, $"The target {options.Name} {what}");
}

/// <summary>Codes of the Authentication messages (PostgreSQL docs, "Message Formats").</summary>
internal static class AuthenticationRequest
{
    public const int Ok = 0;
    public const int CleartextPassword = 3;
    public const int Md5Password = 5;
    public const int Sasl = 10;
    public const int SaslContinue = 11;
    public const int SaslFinal = 12;
}

/// <summary>The MD5 answer: "md5" + md5(md5(password + user) + salt), in hexadecimal.</summary>
internal static class Md5Password
{
    public static byte[] Answer(string user, string password, ReadOnlySpan<byte> salt)
    {
        var inner = Convert.ToHexStringLower(Hash(Encoding.UTF8.GetBytes(password + user)));
        return Encoding.ASCII.GetBytes("md5" + Convert.ToHexStringLower(Hash([.. Encoding.ASCII.GetBytes(inner), .. salt])));
    }

    // The protocol prescribes MD5; a server that still stores such passwords offers nothing else.
    private static byte[] Hash(byte[] bytes) => CryptographicOperations.HashData(HashAlgorithmName.MD5, bytes);
}

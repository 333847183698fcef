using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;

namespace Sallyport.Evidence.Verification;

/// <summary>
/// Verify-only Ed25519 (RFC 8032 section 5.1.7) on <see cref="BigInteger"/>, for machines without OpenSSL. A few milliseconds
/// per signature. It handles public data alone, so it need not run in constant time, and it must never sign.
/// </summary>
internal static class ManagedEd25519
{
    private const int PointBytes = 32;

    private static readonly BigInteger Prime = BigInteger.Pow(2, 255) - 19;
    private static readonly BigInteger Order = BigInteger.Pow(2, 252) + BigInteger.Parse("27742317777372353535851937790883648493", CultureInfo.InvariantCulture);
    private static readonly BigInteger D = Modulo(-121665 * Inverse(121666));
    private static readonly BigInteger RootOfMinusOne = BigInteger.ModPow(2, (Prime - 1) / 4, Prime);
    private static readonly Point Base = CreateBase();

    public static bool Verify(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        var scalar = new BigInteger(signature[PointBytes..], isUnsigned: true);
        if (scalar >= Order || !TryDecode(publicKey, out var key) || !TryDecode(signature[..PointBytes], out var commitment))
        {
            return false;
        }
        var hash = SHA512.HashData([.. signature[..PointBytes], .. publicKey, .. message]);
        var challenge = new BigInteger(hash, isUnsigned: true) % Order;
        return Same(Multiply(Base, scalar), Add(commitment, Multiply(key, challenge)));
    }

    private static Point CreateBase()
    {
        var y = Modulo(4 * Inverse(5));
        return FromAffine(RecoverX(y, odd: false) ?? throw new CryptographicException("The base point is on the curve."), y);
    }

    private static bool TryDecode(ReadOnlySpan<byte> encoded, out Point point)
    {
        point = default;
        var y = new BigInteger(encoded, isUnsigned: true);
        var odd = (encoded[^1] & 0x80) != 0;
        y -= odd ? BigInteger.One << 255 : BigInteger.Zero;
        if (y >= Prime || RecoverX(y, odd) is not { } x)
        {
            return false;
        }
        point = FromAffine(x, y);
        return true;
    }

    private static BigInteger? RecoverX(BigInteger y, bool odd)
    {
        var square = Modulo((y * y - 1) * Inverse(D * y * y + 1));
        var x = BigInteger.ModPow(square, (Prime + 3) / 8, Prime);
        if (Modulo(x * x - square) != 0)
        {
            x = Modulo(x * RootOfMinusOne);
        }
        if (Modulo(x * x - square) != 0 || (x.IsZero && odd))
        {
            return null;
        }
        return x.IsEven == odd ? Prime - x : x;
    }

    private static Point FromAffine(BigInteger x, BigInteger y) => new(x, y, BigInteger.One, Modulo(x * y));

    private static Point Add(Point left, Point right)
    {
        var a = (left.Y - left.X) * (right.Y - right.X);
        var b = (left.Y + left.X) * (right.Y + right.X);
        var c = 2 * left.T * D * right.T;
        var d = 2 * left.Z * right.Z;
        var (e, f, g, h) = (Modulo(b - a), Modulo(d - c), Modulo(d + c), Modulo(b + a));
        return new Point(Modulo(e * f), Modulo(g * h), Modulo(f * g), Modulo(e * h));
    }

    private static Point Multiply(Point point, BigInteger scalar)
    {
        var sum = new Point(0, 1, 1, 0);
        for (; scalar > 0; scalar >>= 1)
        {
            if (!scalar.IsEven)
            {
                sum = Add(sum, point);
            }
            point = Add(point, point);
        }
        return sum;
    }

    private static bool Same(Point left, Point right) =>
        Modulo(left.X * right.Z - right.X * left.Z).IsZero && Modulo(left.Y * right.Z - right.Y * left.Z).IsZero;

    private static BigInteger Inverse(BigInteger value) => BigInteger.ModPow(Modulo(value), Prime - 2, Prime);

    private static BigInteger Modulo(BigInteger value)
    {
        var remainder = value % Prime;
        return remainder.Sign < 0 ? remainder + Prime : remainder;
    }

    /// <summary>Extended homogeneous coordinates: x = X/Z, y = Y/Z, xy = T/Z.</summary>
    private readonly record struct Point(BigInteger X, BigInteger Y, BigInteger Z, BigInteger T);
}

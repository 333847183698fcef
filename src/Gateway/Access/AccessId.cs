namespace Sallyport.Gateway.Access;

/// <summary>Prefixes of the names of requests and grants.</summary>
public static class AccessId
{
    public const string Request = "req_";

    public const string Grant = "gr_";
}

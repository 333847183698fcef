using Sallyport.LedgerWriter;

// write DIRECTORY                          records sessions until killed; prints "INDEX ID;" for every intent that is durable
// measure DIRECTORY WRITERS SECONDS BYTES  closed loop: each writer appends a record and waits until it is durable
// sessions DIRECTORY WRITERS SECONDS       closed loop: each writer records intent (waited for) and outcome (not waited for)
switch (args)
{
    case ["write", var directory]:
        await Sessions.WriteForeverAsync(directory);
        break;
    case ["measure", var directory, var writers, var seconds, var bytes]:
        await Measurement.RecordsAsync(directory, int.Parse(writers), int.Parse(seconds), int.Parse(bytes));
        break;
    case ["sessions", var directory, var writers, var seconds]:
        await Measurement.SessionsAsync(directory, int.Parse(writers), int.Parse(seconds));
        break;
    default:
        Console.Error.WriteLine("usage: write DIRECTORY | measure DIRECTORY WRITERS SECONDS BYTES | sessions DIRECTORY WRITERS SECONDS");
        return 64;
}
return 0;

using System.Runtime.InteropServices;

namespace Broker.Coordination.ZooKeeper;

/// <summary>clientid_t: a session's id and its password.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeClientId
{
    internal const int PasswordBytes = 16;

    internal long Id;
    internal fixed byte Password[PasswordBytes];

    internal static NativeClientId Of(SessionKey key)
    {
        NativeClientId id = new() { Id = key.Id };
        key.Password.AsSpan(0, PasswordBytes).CopyTo(new Span<byte>(id.Password, PasswordBytes));
        return id;
    }

    internal SessionKey ToKey()
    {
        fixed (byte* password = Password)
        {
            return new SessionKey(Id, new ReadOnlySpan<byte>(password, PasswordBytes).ToArray());
        }
    }
}

/// <summary>struct Stat.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NativeStat
{
    internal long Czxid;
    internal long Mzxid;
    internal long Ctime;
    internal long Mtime;
    internal int Version;
    internal int Cversion;
    internal int Aversion;
    internal long EphemeralOwner;
    internal int DataLength;
    internal int NumChildren;
    internal long Pzxid;

    internal readonly Stat ToStat() => new(Czxid, Mzxid, Pzxid, Ctime, Mtime, Version, Cversion, EphemeralOwner, DataLength, NumChildren);
}

/// <summary>struct String_vector.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeStrings
{
    internal int Count;
    internal byte** Data;
}

/// <summary>zoo_op_t as of ZooKeeper 3.5 and later; only the C client's functions read and write what is in it.</summary>
[StructLayout(LayoutKind.Sequential, Size = 72)]
internal struct NativeOp;

/// <summary>zoo_op_result_t.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeOpResult
{
    internal int Error;
    internal byte* Value;
    internal int ValueLength;
    internal NativeStat* Stat;
}
